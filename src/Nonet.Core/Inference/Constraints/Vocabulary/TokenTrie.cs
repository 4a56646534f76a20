namespace Nonet.Inference.Constraints.Vocabulary;

/// <summary>
/// A trie of tokens over their bytes, stored in depth-first order. A walk passes through the arrays once, and skips the subtree of a byte that is not
/// allowed.
/// </summary>
sealed class TokenTrie
{
    readonly byte[] bytes;
    readonly ushort[] depths;
    readonly int[] ends;
    readonly int[] first;
    readonly int[] tokens;

    /// <param name="ids">The tokens, each of at least one byte.</param>
    /// <param name="bytesOf">Bytes of each id.</param>
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

    /// <summary>Number of bytes in the longest token.</summary>
    public int Depth { get; }

    /// <summary>Byte of each node.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Number of ancestors of each node.</summary>
    public ReadOnlySpan<ushort> Depths => depths;

    /// <summary>For each node, the first node after its subtree.</summary>
    public ReadOnlySpan<int> Ends => ends;

    /// <summary>The tokens that end at a node.</summary>
    public ReadOnlySpan<int> TokensAt(int node) => tokens.AsSpan(first[node], CountAt(node));

    int CountAt(int node) => first[node + 1] - first[node];
}
