using Nonet.Text.Bpe;

namespace Nonet.Text.Segmentation;

/// <summary>Pieces by their UTF-16 units, to be followed unit by unit.</summary>
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

    /// <summary>The node behind a unit; -1: no piece goes on so.</summary>
    public int Next(int node, char c) => edges.Find(node, c) is >= 0 and var edge ? edge + 1 : -1;

    public bool IsEmpty => ids.Count == 1;

    /// <summary>The id of the longest piece that a text begins with, or -1.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">The piece's length.</param>
    /// <param name="walked">How far the search went, which may be beyond the piece.</param>
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

    /// <summary>The id of the piece that ends at a node, or -1.</summary>
    public int IdAt(int node) => ids[node];
}
