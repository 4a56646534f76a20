using Nonet.Text.Bpe;

namespace Nonet.Text.Segmentation;

/// <summary>A trie of pieces over UTF-16 units.</summary>
sealed class PieceTrie
{
    public const int Root = 0;

    readonly PairTable edges = new();
    readonly List<int> ids = [-1];

    public void Add(ReadOnlySpan<char> piece, int id)
    {
        var node = Root;
        foreach (var c in piece)
        {
            node = edges.Add(node, c) + 1;
            if (node == ids.Count)
                ids.Add(-1);
        }
        ids[node] = id;
    }

    /// <summary>The node after a unit; -1 if no piece continues with it.</summary>
    public int Next(int node, char c) => edges.Find(node, c) is >= 0 and var edge ? edge + 1 : -1;

    public bool IsEmpty => ids.Count == 1;

    /// <summary>The id of the longest piece at the beginning of a text; -1 if there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Length of the piece.</param>
    /// <param name="walked">Number of units that the search read, which may be more than the piece has.</param>
    public int Longest(ReadOnlySpan<char> text, out int length, out int walked)
    {
        var (found, node) = (-1, Root);
        (length, walked) = (0, 0);
        for (var i = 0; i < text.Length && (node = Next(node, text[i])) >= 0; i++)
        {
            if (ids[node] >= 0)
                (found, length) = (ids[node], i + 1);
            walked = i + 1;
        }
        return found;
    }

    /// <summary>The id of the piece that ends at a node; -1 if none does.</summary>
    public int IdAt(int node) => ids[node];
}
