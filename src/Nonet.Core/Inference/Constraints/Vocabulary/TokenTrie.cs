namespace Nonet.Inference.Constraints.Vocabulary;

/// <summary>
/// Tokens by their bytes, as a tree laid out depth first: a walk goes through the arrays once, and skips what lies under a byte that may not come.
/// </summary>
sealed class TokenTrie
{
    readonly byte[] bytes;
    readonly ushort[] depths;
    readonly int[] ends;
    readonly int[] first;
    readonly int[] tokens;

    /// <param name="ids">The tokens, at least a byte each.</param>
    /// <param name="bytesOf">Their bytes.</param>
    public TokenTrie(IEnumerable<int> ids, byte[][] bytesOf)
    {
        var sorted = ids.ToArray();
        Array.Sort(sorted, (x, y) => bytesOf[x].AsSpan().SequenceCompareTo(bytesOf[y]) is not 0 and var order ? order : x.CompareTo(y));
        var (nodes, levels, skip, starts, open) = (new List<byte>(), new List<ushort>(), new List<int>(), new List<int>(), new Stack<int>());
        byte[] path = [];
        for (var i = 0; i < sorted.Length; i++)
        {
            var token = bytesOf[sorted[i]];
            var common = path.AsSpan().CommonPrefixLength(token);
            while (open.Count > common)
                skip[open.Pop()] = nodes.Count;
            for (var at = common; at < token.Length; at++)
            {
                open.Push(nodes.Count);
                nodes.Add(token[at]);
                levels.Add((ushort)at);
                skip.Add(0);
                starts.Add(i);
            }
            path = token;
        }
        while (open.TryPop(out var node))
            skip[node] = nodes.Count;
        starts.Add(sorted.Length);
        (bytes, depths, ends, first, tokens) = ([.. nodes], [.. levels], [.. skip], [.. starts], sorted);
        for (var node = 0; node < bytes.Length; node++)
            Depth = Math.Max(Depth, depths[node] + 1);
    }

    /// <summary>The longest token's bytes.</summary>
    public int Depth { get; }

    /// <summary>Nodes of the tree, each a byte after those above it.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Bytes above each node.</summary>
    public ReadOnlySpan<ushort> Depths => depths;

    /// <summary>The node after all that lie under each.</summary>
    public ReadOnlySpan<int> Ends => ends;

    /// <summary>The tokens that end at a node.</summary>
    public ReadOnlySpan<int> TokensAt(int node) => tokens.AsSpan(first[node], CountAt(node));

    int CountAt(int node) => first[node + 1] - first[node];
}
