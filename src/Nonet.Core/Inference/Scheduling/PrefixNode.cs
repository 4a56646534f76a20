using Nonet.Models;

namespace Nonet.Inference.Scheduling;

/// <summary>A block of tokens that follows the block of its parent. Equal tokens after equal prefixes have equal keys and values.</summary>
sealed class PrefixNode
{
    readonly int[] tokens;
    Dictionary<int, List<PrefixNode>>? children; // by first token

    public PrefixNode(PrefixNode? parent, ReadOnlySpan<int> tokens)
    {
        Parent = parent;
        this.tokens = new int[parent is null ? 0 : KvCache.BlockSize];
        tokens.CopyTo(this.tokens);
        Count = tokens.Length;
        parent?.Add(this);
    }

    public PrefixNode? Parent { get; }

    /// <summary>Number of known tokens in the block.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == KvCache.BlockSize;

    /// <summary>Number of tokens whose keys and values are in the block.</summary>
    public int Computed { get; set; }

    /// <summary>Number of its block in the cache; -1 while nothing is computed.</summary>
    public int Block { get; set; } = -1;

    /// <summary>Number of sequences that use it.</summary>
    public int Users { get; set; }

    /// <summary>Whether the tree keeps the block beyond its sequences.</summary>
    public bool IsKept { get; set; }

    /// <summary>Its entry in the list of nodes that may be evicted; null: it must not be evicted.</summary>
    public LinkedListNode<PrefixNode>? Idle { get; set; }

    public bool HasChildren => children is { Count: > 0 };

    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    public void Append(int id) => tokens[Count++] = id;

    /// <summary>Removes the tokens that were never computed.</summary>
    public void Shorten() => Count = Computed;

    public void Detach()
    {
        if (Parent?.children is not { } siblings || !siblings.TryGetValue(tokens[0], out var list))
            return;
        list.Remove(this);
        if (list.Count == 0)
            siblings.Remove(tokens[0]);
    }

    /// <summary>The child with the longest computed prefix of a text, and the child with the longest planned one.</summary>
    public (PrefixNode? Child, int Computed, PrefixNode? Planner, int Planned) Longest(ReadOnlySpan<int> text)
    {
        (PrefixNode? Child, int Computed, PrefixNode? Planner, int Planned) best = default;
        if (text.IsEmpty || children is null || !children.TryGetValue(text[0], out var list))
            return best;
        foreach (var child in list)
        {
            var shared = child.Tokens.CommonPrefixLength(text);
            if (Math.Min(shared, child.Computed) is var computed && computed > best.Computed)
                (best.Child, best.Computed) = (child, computed);
            if (shared > best.Planned)
                (best.Planner, best.Planned) = (child, shared);
        }
        return best;
    }

    void Add(PrefixNode child)
    {
        children ??= [];
        if (!children.TryGetValue(child.tokens[0], out var list))
            children.Add(child.tokens[0], list = []);
        list.Add(child);
    }
}
