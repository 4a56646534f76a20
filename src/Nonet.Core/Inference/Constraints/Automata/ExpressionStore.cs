using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Inference.Constraints.Automata;

/// <summary>Creates expressions, simplifies them, and keeps equal ones as one object. Not thread-safe.</summary>
sealed class ExpressionStore
{
    const int MostExpressions = 2_000_000;

    readonly Dictionary<Key, Expression> known = [];
    readonly Dictionary<CodePointSet, Expression> characters = [];
    int count;

    public ExpressionStore()
    {
        Nothing = Bytes(default);
        Empty = Add(new Key(ExpressionKind.Empty), id => new Expression(id, ExpressionKind.Empty) { IsNullable = true, IsFinite = true, IsText = true });
        AnyByte = Bytes(ByteSet.All);
        Anything = Repeat(AnyByte, 0);
        AnyCharacter = Characters(CodePointSet.All);
        AnyText = Repeat(AnyCharacter, 0);
    }

    public Expression Nothing { get; }
    public Expression Empty { get; }
    public Expression AnyByte { get; }

    /// <summary>Any bytes.</summary>
    public Expression Anything { get; }

    /// <summary>One character of UTF-8.</summary>
    public Expression AnyCharacter { get; }

    /// <summary>Any UTF-8.</summary>
    public Expression AnyText { get; }

    public Expression Bytes(ByteSet set) => Add(new Key(ExpressionKind.Bytes) { Set = set }, id => new Expression(id, ExpressionKind.Bytes)
    {
        Set = set,
        IsFinite = true,
        IsText = (set.C | set.D) == 0 || set == ByteSet.Of(0xFE) || set == ByteSet.Of(0xFF), // marks of the beginning and the end of a text
    });

    public Expression Literal(string text)
    {
        var result = Empty;
        var utf8 = Encoding.UTF8.GetBytes(text);
        for (var i = utf8.Length - 1; i >= 0; i--)
            result = Concat(Bytes(ByteSet.Of(utf8[i])), result, isText: IsStart(utf8[i]));
        return result;
    }

    static bool IsStart(byte b) => (b & 0xC0) != 0x80;

    /// <summary>One character of a set.</summary>
    public Expression Characters(CodePointSet set)
    {
        if (!characters.TryGetValue(set, out var result))
            characters[set] = result = Utf8Ranges.Expression(this, set);
        return result;
    }

    public Expression Concat(params ReadOnlySpan<Expression> parts)
    {
        var result = Empty;
        for (var i = parts.Length - 1; i >= 0; i--)
            result = Concat(parts[i], result);
        return result;
    }

    public Expression Concat(Expression left, Expression right) => Concat(left, right, left.IsText && right.IsText);

    /// <summary>Left, then right. The caller knows whether the result consists of whole characters.</summary>
    public Expression Concat(Expression left, Expression right, bool isText)
    {
        if (left == Nothing || right == Nothing)
            return Nothing;
        if (left == Empty)
            return right;
        if (right == Empty)
            return left;
        if (left.Kind != ExpressionKind.Concat)
            return Join(left, right, isText);
        // Sequences are nested to the right. A sequence on the left is taken apart, without recursion because it may be long.
        var parts = new Stack<Expression>();
        var last = left;
        for (; last.Kind == ExpressionKind.Concat; last = last.Right)
            parts.Push(last);
        var result = Join(last, right, last.IsText && right.IsText);
        while (parts.TryPop(out var part))
            result = Join(part.Left, result, parts.Count == 0 ? isText : part.IsText && right.IsText);
        return result;
    }

    Expression Join(Expression left, Expression right, bool isText) =>
        Add(new Key(ExpressionKind.Concat) { Left = left, Right = right, Min = isText ? 1 : 0 }, id => new Expression(id, ExpressionKind.Concat)
        {
            Left = left,
            Right = right,
            IsNullable = left.IsNullable && right.IsNullable,
            MayBeEmpty = left.MayBeEmpty || right.MayBeEmpty,
            IsFinite = left.IsFinite && right.IsFinite,
            IsInfinite = (left.IsInfinite || right.IsInfinite) && !left.MayBeEmpty && !right.MayBeEmpty,
            IsText = isText,
        });

    public Expression Or(params IEnumerable<Expression> parts)
    {
        var flat = new SortedDictionary<int, Expression>();
        var set = default(ByteSet);
        var pending = new Stack<Expression>(parts);
        while (pending.TryPop(out var part))
        {
            if (part == Anything)
                return Anything;
            if (part.Kind == ExpressionKind.Or)
                Array.ForEach(part.Parts, pending.Push);
            else if (part.Kind == ExpressionKind.Bytes)
                set |= part.Set;
            else
                flat[part.Id] = part;
        }
        if (!set.IsEmpty && Bytes(set) is var bytes)
            flat[bytes.Id] = bytes;
        if (flat.Count > 1 && flat.ContainsKey(Empty.Id) && flat.Values.Any(p => p.IsNullable && p != Empty))
            flat.Remove(Empty.Id);
        if (AnyText is not null && flat.ContainsKey(AnyText.Id)) // null while AnyText itself is being created
        {
            foreach (var part in flat.Values.Where(p => p.IsText && p != AnyText).ToArray())
                flat.Remove(part.Id);
        }
        if (flat.Count < 2)
            return flat.Count == 0 ? Nothing : flat.Values.First();
        Expression[] all = [.. flat.Values];
        return Add(new Key(ExpressionKind.Or) { Parts = all }, id => new Expression(id, ExpressionKind.Or)
        {
            Parts = all,
            IsNullable = all.Any(p => p.IsNullable),
            MayBeEmpty = all.All(p => p.MayBeEmpty),
            IsFinite = all.All(p => p.IsFinite),
            IsInfinite = all.Any(p => p.IsInfinite),
            IsText = all.All(p => p.IsText),
        });
    }

    public Expression And(params IEnumerable<Expression> parts)
    {
        var flat = new SortedDictionary<int, Expression>();
        var set = ByteSet.All;
        var pending = new Stack<Expression>(parts);
        while (pending.TryPop(out var part))
        {
            if (part.Kind == ExpressionKind.And)
                Array.ForEach(part.Parts, pending.Push);
            else if (part.Kind == ExpressionKind.Bytes)
                (set, flat[-1]) = (set & part.Set, part);
            else if (part != Anything)
                flat[part.Id] = part;
        }
        if (set.IsEmpty)
            return Nothing;
        if (flat.Remove(-1) && Bytes(set) is var bytes)
            flat[bytes.Id] = bytes;
        if (flat.Count > 1 && flat.Values.Any(p => p.IsText && p != AnyText))
            flat.Remove(AnyText.Id);
        if (flat.ContainsKey(Empty.Id))
            return flat.Values.All(p => p.IsNullable) ? Empty : Nothing;
        if (flat.Count < 2)
            return flat.Count == 0 ? Anything : flat.Values.First();
        Expression[] all = [.. flat.Values];
        return Add(new Key(ExpressionKind.And) { Parts = all }, id => new Expression(id, ExpressionKind.And)
        {
            Parts = all,
            IsNullable = all.All(p => p.IsNullable),
            MayBeEmpty = true,
            IsFinite = all.Any(p => p.IsFinite),
            IsText = all.Any(p => p.IsText),
        });
    }

    public Expression Not(Expression part)
    {
        if (part.Kind == ExpressionKind.Not)
            return part.Left;
        if (part == Nothing || part == Anything)
            return part == Nothing ? Anything : Nothing;
        return Add(new Key(ExpressionKind.Not) { Left = part }, id => new Expression(id, ExpressionKind.Not)
        {
            Left = part,
            IsNullable = !part.IsNullable,
            MayBeEmpty = !part.IsFinite,
            IsInfinite = part.IsFinite,
        });
    }

    public Expression Optional(Expression part) => Or(Empty, part);

    public Expression Repeat(Expression part, int min, int max = Expression.Unlimited)
    {
        if (part.IsNullable)
            min = 0;
        if (max == 0 || part == Empty)
            return Empty;
        if (part == Nothing)
            return min == 0 ? Empty : Nothing;
        if (min == 1 && max == 1)
            return part;
        if (part.Kind == ExpressionKind.Repeat && part is { Min: 0, Max: Expression.Unlimited } && min <= 1)
            return part;
        return Add(new Key(ExpressionKind.Repeat) { Left = part, Min = min, Max = max }, id => new Expression(id, ExpressionKind.Repeat)
        {
            Left = part,
            Min = min,
            Max = max,
            IsNullable = min == 0,
            MayBeEmpty = min > 0 && part.MayBeEmpty,
            IsFinite = max != Expression.Unlimited && part.IsFinite,
            IsInfinite = (max == Expression.Unlimited && !part.MayBeEmpty) || (part.IsInfinite && !part.MayBeEmpty),
            IsText = part.IsText,
        });
    }

    /// <summary>The rest of a JSON string of a value, in a phase of its escapes: see <see cref="JsonStrings"/>.</summary>
    public Expression JsonString(Expression value, int phase = 0, int number = 0) =>
        value == Nothing ? Nothing
        : Add(new Key(ExpressionKind.JsonString) { Left = value, Min = phase, Max = number }, id => new Expression(id, ExpressionKind.JsonString)
        {
            Left = value,
            Min = phase,
            Max = number,
            MayBeEmpty = value.MayBeEmpty,
            IsFinite = value.IsFinite,
            IsInfinite = phase == 0 && value.IsInfinite,
        });

    /// <summary>Digits, with decimals or without, whose value is a multiple of a number.</summary>
    public Expression Multiple(MultipleOf state) => Add(new Key(ExpressionKind.Multiple) { Modulus = state }, id => new Expression(id, ExpressionKind.Multiple)
    {
        Modulus = state,
        IsNullable = state.Decimals != 0 && Numbers.IsMultiple(state),
        IsInfinite = true,
        IsText = true,
    });

    Expression Add(Key key, Func<int, Expression> make)
    {
        if (known.TryGetValue(key, out var found))
            return found;
        if (count >= MostExpressions)
            throw new InvalidDataException($"the constraint needs more than {MostExpressions} states: it is too large");
        return known[key] = make(count++);
    }

    readonly record struct Key(ExpressionKind Kind)
    {
        public ByteSet Set { get; init; }
        public Expression? Left { get; init; }
        public Expression? Right { get; init; }
        public Expression[]? Parts { get; init; }
        public int Min { get; init; }
        public int Max { get; init; }
        public MultipleOf Modulus { get; init; }

        public bool Equals(Key other) =>
            Kind == other.Kind && Left == other.Left && Right == other.Right && Min == other.Min && Max == other.Max && Set == other.Set
            && Modulus == other.Modulus
            && (Parts is null ? other.Parts is null : other.Parts is not null && Parts.AsSpan().SequenceEqual(other.Parts));

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(Kind);
            hash.Add(Left?.Id ?? -1);
            hash.Add(Right?.Id ?? -1);
            hash.Add(Min);
            hash.Add(Max);
            if (Kind == ExpressionKind.Bytes)
                hash.Add(Set);
            if (Kind == ExpressionKind.Multiple)
                hash.Add(Modulus);
            foreach (var part in Parts ?? [])
                hash.Add(part.Id);
            return hash.ToHashCode();
        }
    }
}
