using Nonet.Models;

namespace Nonet.Inference.Scheduling;

/// <summary>The longest prefix of a text in the tree.</summary>
/// <param name="Blocks">Full computed blocks.</param>
/// <param name="Tail">A block of which the text shares only the first tokens; null: none.</param>
/// <param name="TailTokens">Number of its computed tokens that the text shares.</param>
/// <param name="Planned">Number of tokens that will match when the running sequences have computed their prompts.</param>
readonly record struct PrefixMatch(List<PrefixNode> Blocks, PrefixNode? Tail, int TailTokens, int Planned)
{
    public int Tokens => Blocks.Count * KvCache.BlockSize + TailTokens;
}

/// <summary>
/// A tree of blocks of tokens: the prefixes of sequences whose keys and values are in the cache. A sequence adds its prompt when it is admitted, so that others
/// with the same prefix can wait for it. Unused blocks stay until the space is needed; the least recently used are evicted first. Zheng et al. 2024, section 3.
/// </summary>
sealed class PrefixTree(KvCache cache, bool keeps)
{
    readonly PrefixNode root = new(null, []) { Users = 1 };
    readonly LinkedList<PrefixNode> idle = []; // leaves without users, least recently used first

    /// <summary>Number of unused blocks that can be evicted.</summary>
    public int Evictable { get; private set; }

    public PrefixMatch Match(ReadOnlySpan<int> text)
    {
        var (blocks, at) = (new List<PrefixNode>(), root);
        while (true)
        {
            var done = blocks.Count * KvCache.BlockSize;
            var (child, computed, planner, planned) = at.Longest(text[done..]);
            if (computed == KvCache.BlockSize && child!.IsKept)
                blocks.Add(at = child);
            else
                return new PrefixMatch(blocks, child, computed, planned < KvCache.BlockSize ? done + planned : PlannedBelow(planner!, text, done + planned));
        }
    }

    /// <summary>Begins a sequence in the cache with the matching blocks of the tree, and adds the rest of its known tokens to the tree.</summary>
    public void Enter(EngineSequence sequence, PrefixMatch match)
    {
        foreach (var node in match.Blocks)
            Use(node);
        var number = cache.Begin(match.Blocks.Select(node => node.Block));
        sequence.CacheNumber = number;
        sequence.Path.AddRange(match.Blocks);
        sequence.Published = match.Blocks.Count;
        if (match.Tail is { } tail && match.TailTokens > 0)
        {
            Use(tail); // so that making room does not evict it
            Free(1);
            cache.AppendCopy(number, tail.Block, match.TailTokens);
            Unuse(tail);
        }
        sequence.Computed = match.Tokens;
        for (var first = match.Blocks.Count * KvCache.BlockSize; first < sequence.Count; first += KvCache.BlockSize)
            Extend(sequence, sequence.Tokens[first..Math.Min(sequence.Count, first + KvCache.BlockSize)]);
        Publish(sequence); // the copied tail
    }

    /// <summary>Records the results of a step: from now on, other sequences can use the full blocks.</summary>
    public void Publish(EngineSequence sequence)
    {
        for (var i = sequence.Published; i * KvCache.BlockSize < sequence.Computed; i++)
        {
            var first = i * KvCache.BlockSize;
            var computed = Math.Min(KvCache.BlockSize, sequence.Computed - first);
            if (i == sequence.Path.Count)
                Extend(sequence, sequence.Tokens.Slice(first, computed));
            var node = sequence.Path[i];
            while (node.Count < computed)
                node.Append(sequence.Tokens[first + node.Count]);
            (node.Computed, node.Block) = (computed, cache.BlockAt(sequence.CacheNumber!.Value, i));
            if (!node.IsFull || computed < KvCache.BlockSize)
                return;
            if (keeps)
                Keep(node);
            sequence.Published = i + 1;
        }
    }

    /// <summary>Removes a sequence from the cache. The tree keeps its computed blocks, unless they are damaged.</summary>
    public void Leave(EngineSequence sequence)
    {
        for (var i = sequence.Path.Count - 1; i >= 0; i--)
        {
            var node = sequence.Path[i];
            if (keeps && !node.IsKept && node.Computed > 0 && !sequence.IsDamaged)
            {
                node.Shorten();
                Keep(node);
            }
            if (!node.IsKept || sequence.IsDamaged)
                node.Detach();
            if (node.IsKept)
                Unuse(node);
            if (sequence.IsDamaged && node.Idle is not null)
                Evict(node);
        }
        sequence.Path.Clear();
        (sequence.Published, sequence.Computed) = (0, 0);
        cache.Remove(sequence.CacheNumber!.Value);
        sequence.CacheNumber = null;
    }

    /// <summary>Evicts blocks until the given number is free. Returns whether that succeeded.</summary>
    public bool Free(int blocks)
    {
        while (cache.FreeBlocks < blocks && idle.First is { Value: var node })
            Evict(node);
        return cache.FreeBlocks >= blocks;
    }

    /// <summary>Evicts all unused blocks.</summary>
    public void Clear()
    {
        while (idle.First is { Value: var node })
            Evict(node);
    }

    static int PlannedBelow(PrefixNode at, ReadOnlySpan<int> text, int planned)
    {
        while (true)
        {
            var (_, _, planner, more) = at.Longest(text[planned..]);
            planned += more;
            if (more < KvCache.BlockSize)
                return planned;
            at = planner!;
        }
    }

    void Extend(EngineSequence sequence, ReadOnlySpan<int> tokens) =>
        sequence.Path.Add(new PrefixNode(sequence.Path.Count == 0 ? root : sequence.Path[^1], tokens) { Users = 1 });

    void Evict(PrefixNode node)
    {
        idle.Remove(node.Idle!);
        node.Idle = null;
        node.Detach();
        cache.Release(node.Block);
        Evictable--;
        if (node.Parent is { Users: 0, HasChildren: false, Idle: null } parent)
            parent.Idle = idle.AddFirst(parent);
    }

    void Keep(PrefixNode node)
    {
        cache.Retain(node.Block);
        node.IsKept = true;
    }

    void Use(PrefixNode node)
    {
        if (node.Users++ > 0 || !node.IsKept)
            return;
        Evictable--;
        if (node.Idle is not null)
            idle.Remove(node.Idle);
        node.Idle = null;
    }

    void Unuse(PrefixNode node)
    {
        if (--node.Users > 0 || !node.IsKept)
            return;
        Evictable++;
        if (!node.HasChildren)
            node.Idle = idle.AddLast(node);
    }
}
