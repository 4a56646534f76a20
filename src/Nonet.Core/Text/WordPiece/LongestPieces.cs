using Nonet.Text.Bpe;

namespace Nonet.Text.WordPiece;

/// <summary>
/// Finds the longest piece that begins at each position of a word, in time linear in the word. An automaton over the reversed pieces reads the word from its
/// end. Aho and Corasick 1975, "Efficient String Matching".
/// </summary>
sealed class LongestPieces
{
    readonly PairTable edges = new();
    readonly List<(int Id, int Length)> found = [(-1, 0)]; // for each node: the longest piece at the end of the text read so far
    readonly int[] shorter; // the node of the longest proper suffix that is a node

    public LongestPieces(IEnumerable<(string Text, int Id)> pieces)
    {
        var nodes = new List<(int Depth, int Parent, char Unit)> { (0, 0, '\0') };
        foreach (var (text, id) in pieces.Where(p => p.Text.Length > 0))
        {
            var node = 0;
            for (var i = text.Length - 1; i >= 0; i--)
            {
                var parent = node;
                node = edges.Add(parent, text[i]) + 1;
                if (node < nodes.Count)
                    continue;
                nodes.Add((text.Length - i, parent, text[i]));
                found.Add((-1, 0));
            }
            found[node] = (id, text.Length);
        }
        shorter = new int[nodes.Count];
        foreach (var node in Enumerable.Range(1, nodes.Count - 1).OrderBy(n => nodes[n].Depth))
        {
            var (depth, parent, unit) = nodes[node];
            shorter[node] = depth == 1 ? 0 : Next(shorter[parent], unit);
            if (found[node].Id < 0)
                found[node] = found[shorter[node]];
        }
    }

    /// <summary>Id and length of the longest piece that begins at each position; id -1 if none does.</summary>
    public (int Id, int Length)[] Of(string word)
    {
        var longest = new (int, int)[word.Length];
        for (var (at, node) = (word.Length - 1, 0); at >= 0; at--)
        {
            node = Next(node, word[at]);
            longest[at] = found[node];
        }
        return longest;
    }

    int Next(int node, char unit)
    {
        while (true)
        {
            if (edges.Find(node, unit) is >= 0 and var edge)
                return edge + 1;
            if (node == 0)
                return 0;
            node = shorter[node];
        }
    }
}
