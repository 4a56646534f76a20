using System.Runtime.InteropServices;
using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Inference.Constraints.Grammars;

/// <summary>
/// A grammar as an automaton over bytes. It creates states when a text first reaches them, and caches their masks. All forks of a constraint share it; a lock
/// protects it.
/// </summary>
sealed class GrammarAutomaton
{
    /// <summary>Maximum numbers of cached states and of bytes in cached masks. Beyond either, the cache is cleared.</summary>
    const int MostStates = 50_000;

    const long MostMaskBytes = 64 << 20;

    /// <summary>
    /// Maximum number of parts of the grammar that may be active at one position of a text. A more ambiguous grammar throws, because it would be too slow.
    /// </summary>
    const int MostParts = 100_000;

    readonly ExpressionStore store;
    readonly Derivatives derivatives;
    readonly SliceReaches reaches;
    readonly TokenVocabulary vocabulary;
    readonly TokenMask scratch;
    readonly ParserState[] path;
    readonly Lock gate = new();

    readonly Dictionary<(GrammarNode, int, ParserStack?), ParserStack> stacks = [];
    readonly Dictionary<StateKey, ParserState> states = [];
    readonly Dictionary<string, BytePartition> partitions = new(StringComparer.Ordinal);
    readonly Dictionary<BytePartition, int> partitionIds = [];
    readonly HashSet<Reading> found = [];
    readonly HashSet<(GrammarNode, int, ParserStack?)> expanded = [];
    readonly Stack<(GrammarNode Node, int Index, ParserStack? Then)> pending = [];
    int stackCount;
    long maskBytes;
    bool complete;

    public GrammarAutomaton(GrammarNode root, ExpressionStore store, Derivatives derivatives, TokenVocabulary vocabulary)
    {
        (this.store, this.derivatives, this.vocabulary) = (store, derivatives, vocabulary);
        GrammarCheck.Run(root, derivatives.IsEmpty);
        reaches = new SliceReaches(store, derivatives, vocabulary.Slices);
        scratch = new TokenMask(vocabulary.Vocab);
        path = new ParserState[vocabulary.All.Depth + 1];
        Dead = new ParserState([], false, BytePartition.Of(Array.Empty<ByteSet>()));
        Push(root, 0, null);
        Run();
        Start = Intern();
        if (Start == Dead)
            throw new InvalidDataException("the constraint matches no text at all: no value can satisfy it");
    }

    /// <summary>The state of a text that the grammar does not allow.</summary>
    public ParserState Dead { get; }

    /// <summary>The state of the empty text.</summary>
    public ParserState Start { get; }

    public int Vocab => vocabulary.Vocab;

    /// <summary>Number of cached states.</summary>
    public int StateCount => states.Count;

    /// <summary>The state after a token, or <see cref="Dead"/>.</summary>
    public ParserState After(ParserState state, int token)
    {
        lock (gate)
            return (uint)token < (uint)Vocab && vocabulary.BytesOf(token) is { IsEmpty: false } bytes ? After(state, bytes) : Dead;
    }

    /// <summary>The state after some bytes, or <see cref="Dead"/>.</summary>
    public ParserState AfterBytes(ParserState state, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
            return After(state, bytes);
    }

    ParserState After(ParserState state, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            state = Step(state, b);
        return state;
    }

    /// <summary>Sets a mask to the tokens that may come next.</summary>
    public void Fill(ParserState state, TokenMask mask)
    {
        lock (gate)
        {
            if (state.Tokens is null)
            {
                if (states.Count > MostStates || maskBytes > MostMaskBytes)
                    Forget();
                state.Tokens = new TokenList(Compute(state));
                maskBytes += state.Tokens.Size;
            }
            state.Tokens.CopyTo(mask);
        }
    }

    /// <summary>Clears the cache. Texts hold references to their current states; the garbage collector frees the others.</summary>
    void Forget()
    {
        states.Clear();
        stacks.Clear();
        Array.Clear(Start.Next);
        maskBytes = 0;
    }

    TokenMask Compute(ParserState state)
    {
        scratch.Clear();
        var trie = vocabulary.All;
        foreach (var (slice, at) in vocabulary.Slices.Select((s, i) => (s, i)))
        {
            var (alive, exact) = (0, true);
            foreach (var reading in state.Readings)
            {
                var reach = reaches.Of(reading.Rest, at);
                (alive, exact) = (Math.Max(alive, reach.Alive), exact && reach.IsExact);
            }
            if (alive == 0 || slice.OfAtMost(alive) is not { } tokens)
                continue;
            if (tokens != slice.All && !exact)
                continue;
            scratch.Or(tokens);
            trie = slice.Rest;
            break;
        }
        Walk(trie, state);
        return scratch;
    }

    void Walk(TokenTrie trie, ParserState state)
    {
        var bytes = trie.Bytes;
        var depths = trie.Depths;
        var ends = trie.Ends;
        path[0] = state;
        for (var node = 0; node < bytes.Length;)
        {
            var depth = depths[node];
            var (from, b) = (path[depth], bytes[node]);
            var next = from.Next[from.Partition.Classes[b]] ?? Step(from, b);
            if (next == Dead)
            {
                node = ends[node];
                continue;
            }
            path[depth + 1] = next;
            foreach (var id in trie.TokensAt(node))
                scratch.Allow(id);
            node++;
        }
    }

    ParserState Step(ParserState state, byte b)
    {
        ref var next = ref state.Next[state.Partition.Classes[b]];
        return next ??= Derive(state, b);
    }

    ParserState Derive(ParserState state, byte b)
    {
        Clear();
        foreach (var reading in state.Readings)
        {
            var rest = derivatives.Of(reading.Rest, b);
            if (rest == store.Nothing)
                continue;
            if (rest != store.Empty)
                found.Add(new Reading(rest, reading.Then));
            if (rest.IsNullable)
                Pop(reading.Then);
        }
        Run();
        return Intern();
    }

    void Clear()
    {
        found.Clear();
        expanded.Clear();
        complete = false;
    }

    void Pop(ParserStack? stack)
    {
        if (stack is null)
            complete = true;
        else if (expanded.Add((stack.Node, stack.Index, stack.Next)))
            pending.Push((stack.Node, stack.Index, stack.Next));
    }

    /// <summary>Expands nodes to the terminals with which they can begin.</summary>
    void Run()
    {
        while (pending.TryPop(out var top))
        {
            if (expanded.Count > MostParts)
            {
                pending.Clear();
                throw new InvalidDataException($"the constraint is too ambiguous: one place of a text can be read as more than {MostParts} of its parts");
            }
            var (node, index, rest) = top;
            switch (node.Kind)
            {
                case GrammarNodeKind.Terminal:
                    if (node.Expression != store.Empty)
                        found.Add(new Reading(node.Expression, rest));
                    if (node.Expression.IsNullable)
                        Pop(rest);
                    break;
                case GrammarNodeKind.Sequence:
                    Push(node.Parts[index], 0, index + 1 < node.Parts.Length ? StackOf(node, index + 1, rest) : rest);
                    break;
                case GrammarNodeKind.Choice:
                    foreach (var part in node.Parts)
                        Push(part, 0, rest);
                    break;
                case GrammarNodeKind.Repeat:
                    if (index >= node.Min || node.Parts[0].IsNullable)
                        Pop(rest);
                    if (index < node.Max)
                        Push(node.Parts[0], 0,
                            index + 1 == node.Max ? rest : StackOf(node, node.Max == Expression.Unlimited ? Math.Min(index + 1, node.Min) : index + 1, rest));
                    break;
                default:
                    Push(node.Body, 0, rest);
                    break;
            }
        }
    }

    void Push(GrammarNode node, int index, ParserStack? rest)
    {
        if (node.IsProductive && expanded.Add((node, index, rest)))
            pending.Push((node, index, rest));
    }

    ParserStack StackOf(GrammarNode node, int index, ParserStack? rest)
    {
        ref var stack = ref CollectionsMarshal.GetValueRefOrAddDefault(stacks, (node, index, rest), out _);
        return stack ??= new ParserStack(node, index, rest, stackCount++);
    }

    /// <summary>The state with the readings that were found; an equal cached state is reused.</summary>
    ParserState Intern()
    {
        if (found.Count == 0 && !complete)
            return Dead;
        Reading[] readings = [.. found];
        Array.Sort(readings, (x, y) => x.Rest.Id != y.Rest.Id ? x.Rest.Id.CompareTo(y.Rest.Id) : (x.Then?.Id ?? -1).CompareTo(y.Then?.Id ?? -1));
        ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(states, new StateKey(readings, complete), out _);
        return state ??= new ParserState(readings, complete, PartitionOf(readings));
    }

    BytePartition PartitionOf(Reading[] readings)
    {
        Span<char> ids = readings.Length <= 256 ? stackalloc char[readings.Length] : new char[readings.Length];
        for (var i = 0; i < readings.Length; i++)
        {
            ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(partitionIds, derivatives.PartitionOf(readings[i].Rest), out var exists);
            if (!exists)
                id = partitionIds.Count;
            ids[i] = (char)id;
        }
        ids.Sort();
        if (!partitions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(ids, out var partition))
            partitions[new string(ids)] = partition = BytePartition.Of(readings.Select(r => derivatives.PartitionOf(r.Rest)).Distinct());
        return partition;
    }

    readonly record struct StateKey(Reading[] Readings, bool IsComplete)
    {
        public bool Equals(StateKey other) => IsComplete == other.IsComplete && Readings.AsSpan().SequenceEqual(other.Readings);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(IsComplete);
            foreach (var reading in Readings)
            {
                hash.Add(reading.Rest.Id);
                hash.Add(reading.Then?.Id ?? -1);
            }
            return hash.ToHashCode();
        }
    }
}
