namespace Nonet.Inference.Constraints.Automata;

/// <summary>Computes derivatives, the languages of what may follow a byte, and decides whether a language is empty.</summary>
sealed class Derivatives(ExpressionStore store)
{
    /// <summary>Maximum number of states that a test for emptiness visits. Beyond it, a language counts as not empty.</summary>
    const int MostSearched = 20_000;

    readonly Dictionary<string, BytePartition> partitions = new(StringComparer.Ordinal);
    readonly Dictionary<ByteSet, int> setIds = [];
    readonly HashSet<ByteSet> first = [];
    readonly JsonStrings strings = new(store);

    /// <summary>The classes of bytes that the derivatives of an expression do not distinguish.</summary>
    public BytePartition PartitionOf(Expression x) => x.Partition ??= Find(x);

    BytePartition Find(Expression x)
    {
        first.Clear();
        AddFirst(x, first);
        Span<char> ids = first.Count <= 256 ? stackalloc char[first.Count] : new char[first.Count];
        var count = 0;
        foreach (var set in first)
        {
            if (!setIds.TryGetValue(set, out var id))
                setIds[set] = id = setIds.Count;
            ids[count++] = (char)id; // there are far fewer than 65,536 sets, so ids are unique as characters
        }
        ids.Sort();
        if (!partitions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(ids, out var partition))
            partitions[new string(ids)] = partition = BytePartition.Of(first);
        x.Next = new Expression?[partition.Representatives.Length];
        return partition;
    }

    static void AddFirst(Expression x, HashSet<ByteSet> sets)
    {
        switch (x.Kind)
        {
            case ExpressionKind.Bytes:
                sets.Add(x.Set);
                break;
            case ExpressionKind.Concat:
                AddFirst(x.Left, sets);
                if (x.Left.IsNullable)
                    AddFirst(x.Right, sets);
                break;
            case ExpressionKind.Or or ExpressionKind.And:
                foreach (var part in x.Parts)
                    AddFirst(part, sets);
                break;
            case ExpressionKind.Not or ExpressionKind.Repeat:
                AddFirst(x.Left, sets);
                break;
            case ExpressionKind.JsonString:
                JsonStrings.AddFirst(x, sets);
                if (x.Min == JsonStrings.Raw)
                    AddFirst(x.Left, sets);
                break;
            case ExpressionKind.Multiple:
                Numbers.AddFirst(sets);
                break;
            default:
                break;
        }
    }

    /// <summary>The texts that follow a byte; <see cref="ExpressionStore.Nothing"/> exactly if there are none.</summary>
    public Expression Of(Expression x, byte b)
    {
        var next = Raw(x, b);
        return next.MayBeEmpty && IsEmpty(next) ? store.Nothing : next;
    }

    /// <summary>The texts that follow a whole sequence of bytes.</summary>
    public Expression Of(Expression x, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            x = Raw(x, b);
        return x;
    }

    Expression Raw(Expression x, byte b)
    {
        var at = PartitionOf(x).Classes[b];
        return x.Next[at] ??= Derive(x, b);
    }

    Expression Derive(Expression x, byte b)
    {
        switch (x.Kind)
        {
            case ExpressionKind.Bytes:
                return x.Set.Contains(b) ? store.Empty : store.Nothing;
            case ExpressionKind.Concat:
                var first = store.Concat(Raw(x.Left, b), x.Right);
                return x.Left.IsNullable ? store.Or(first, Raw(x.Right, b)) : first;
            case ExpressionKind.Or:
                return store.Or(x.Parts.Select(p => Raw(p, b)));
            case ExpressionKind.And:
                return store.And(x.Parts.Select(p => Raw(p, b)));
            case ExpressionKind.Not:
                return store.Not(Raw(x.Left, b));
            case ExpressionKind.Repeat:
                return store.Concat(Raw(x.Left, b), store.Repeat(x.Left, Math.Max(0, x.Min - 1), x.Max == Expression.Unlimited ? x.Max : x.Max - 1));
            case ExpressionKind.JsonString:
                return strings.Derive(this, x, b);
            case ExpressionKind.Multiple:
                return Numbers.Derive(store, x, b);
            default:
                return store.Nothing;
        }
    }

    /// <summary>Whether an expression matches nothing.</summary>
    public bool IsEmpty(Expression x)
    {
        if (!x.MayBeEmpty || x.IsNullable)
            return x == store.Nothing;
        return x.IsKnownEmpty ??= x.Kind switch
        {
            ExpressionKind.Concat => IsEmpty(x.Left) || IsEmpty(x.Right),
            ExpressionKind.Or => Array.TrueForAll(x.Parts, IsEmpty),
            ExpressionKind.Repeat => IsEmpty(x.Left),
            ExpressionKind.JsonString when x.Min == JsonStrings.Raw => IsEmpty(x.Left),
            ExpressionKind.And when IsInfiniteWithoutFinite(x) => false,
            _ => Search(x),
        };
    }

    /// <summary>Whether an expression is an infinite language minus finite ones, and therefore not empty.</summary>
    static bool IsInfiniteWithoutFinite(Expression x) =>
        x.Parts.Count(p => p.Kind != ExpressionKind.Not) == 1 && Array.TrueForAll(x.Parts, p => p.Kind == ExpressionKind.Not ? p.Left.IsFinite : p.IsInfinite);

    bool Search(Expression start)
    {
        var seen = new Dictionary<Expression, Expression?> { [start] = null }; // each state with its predecessor
        var pending = new Stack<Expression>([start]);
        while (pending.TryPop(out var x))
        {
            if (seen.Count > MostSearched)
                return false;
            foreach (var b in PartitionOf(x).Representatives)
            {
                var next = Raw(x, b);
                if (next.IsNullable || next.IsKnownEmpty == false || (!next.MayBeEmpty && next != store.Nothing))
                {
                    for (var on = x; on is not null; on = seen[on])
                        on.IsKnownEmpty = false;
                    return false;
                }
                if (next.IsKnownEmpty is null && next != store.Nothing && seen.TryAdd(next, x))
                    pending.Push(next);
            }
        }
        foreach (var x in seen.Keys)
            x.IsKnownEmpty = true;
        return true;
    }

    /// <summary>Whether <paramref name="whole"/> matches every text that <paramref name="part"/> matches.</summary>
    public bool Includes(Expression whole, Expression part) => IsEmpty(store.And(part, store.Not(whole)));

    /// <summary>Whether two expressions match no text in common.</summary>
    public bool AreDisjoint(Expression x, Expression y) => IsEmpty(store.And(x, y));

    /// <summary>Whether some text begins with a character of a range of code points.</summary>
    public bool MayStartWith(Expression x, int from, int to)
    {
        foreach (var (low, high) in new[] { (from, Math.Min(to, 0xD7FF)), (Math.Max(from, 0xE000), to) })
        {
            if (low <= high && Utf8Ranges.Sequences(low, high).Exists(sequence => MayStartWith(x, sequence)))
                return true;
        }
        return false;
    }

    bool MayStartWith(Expression x, ReadOnlySpan<(byte From, byte To)> sequence)
    {
        if (sequence.IsEmpty)
            return !IsEmpty(x);
        var (from, to) = sequence[0];
        var classes = PartitionOf(x).Classes;
        var tried = default(ByteSet);
        for (int b = from; b <= to; b++)
        {
            var representative = classes[b];
            if (tried.Contains(representative))
                continue;
            tried |= ByteSet.Of(representative);
            if (Raw(x, (byte)b) is var next && next != store.Nothing && MayStartWith(next, sequence[1..]))
                return true;
        }
        return false;
    }
}
