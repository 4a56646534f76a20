using Nonet.Models;

namespace Nonet.Inference.Scheduling;

/// <summary>A block of tokens after its parent's: the keys and values of the same tokens after the same beginning are the same.</summary>
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

    /// <summary>Tokens of the block that are known.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == KvCache.BlockSize;

    /// <summary>Tokens whose keys and values lie in the block.</summary>
    public int Computed { get; set; }

    /// <summary>The block of the cache; -1 while nothing is computed.</summary>
    public int Block { get; set; } = -1;

    /// <summary>Sequences that hold it.</summary>
    public int Users { get; set; }

    /// <summary>Whether the tree keeps the block beyond its sequences.</summary>
    public bool IsKept { get; set; }

    /// <summary>Its place in the list of nodes that may be evicted; null: it may not be evicted.</summary>
    public LinkedListNode<PrefixNode>? Idle { get; set; }

    public bool HasChildren => children is { Count: > 0 };

    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    public void Append(int id) => tokens[Count++] = id;

    /// <summary>Forgets the tokens that were never computed.</summary>
    public void Shorten() => Count = Computed;

    public void Detach()
    {
        if (Parent?.children is not { } siblings || !siblings.TryGetValue(tokens[0], out var list))
            return;
        list.Remove(this);
        if (list.Count == 0)
            siblings.Remove(tokens[0]);
    }

    /// <summary>The child that has computed most of the beginning of a text, and the one that will have.</summary>
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
