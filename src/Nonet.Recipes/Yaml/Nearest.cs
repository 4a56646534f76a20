namespace Nonet.Recipes.Yaml;

/// <summary>What a mistyped name was probably meant to be.</summary>
static class Nearest
{
    /// <summary>The known name with the fewest single-character edits from the given one; the first of equally near ones.</summary>
    public static string Of(string name, IEnumerable<string> known) => known.MinBy(k => Distance(name, k))!;

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours that turn a into b: Damerau 1964 (each character edited once).</summary>
    public static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
