using Nonet.Text.Unicode;

namespace Nonet.Text.Patterns;

/// <summary>
/// UTF-16 units that stand for characters beyond U+FFFF: one unit for all characters that belong to the same classes of a pattern. The
/// units are surrogates, which no other character uses.
/// </summary>
sealed class StandIns
{
    const char First = '\uD800';
    const int Most = 0x800;

    readonly int[] starts; // of ranges whose characters belong to the same classes
    readonly char[] units;
    readonly bool[][] members; // of each class, by unit

    /// <exception cref="ArgumentException">The classes distinguish too many kinds of characters.</exception>
    public StandIns(IReadOnlyList<CodePointSet> classes)
    {
        starts = [.. classes.SelectMany(c => c.Ranges).SelectMany(r => new[] { r.From, r.To + 1 }).Append(0x10000)
            .Where(c => c is >= 0x10000 and <= CodePointSet.Last).Distinct().Order()];
        var known = new Dictionary<string, char>(StringComparer.Ordinal);
        var signatures = new List<string>();
        units = new char[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            var signature = string.Concat(classes.Select(c => c.Contains(starts[i]) ? '1' : '0'));
            if (!known.TryGetValue(signature, out units[i]))
            {
                if (known.Count == Most)
                    throw new ArgumentException($"it tells apart more than {Most} kinds of characters");
                known[signature] = units[i] = (char)(First + known.Count);
                signatures.Add(signature);
            }
        }
        members = [.. classes.Select((_, c) => signatures.Select(s => s[c] == '1').ToArray())];
    }

    public char For(int codePoint)
    {
        var at = Array.BinarySearch(starts, codePoint);
        return units[at >= 0 ? at : ~at - 1];
    }

    /// <summary>Units that are, or are not, in a class.</summary>
    public IEnumerable<char> Of(int classIndex, bool within) =>
        Enumerable.Range(0, members[classIndex].Length).Where(u => members[classIndex][u] == within).Select(u => (char)(First + u));
}
