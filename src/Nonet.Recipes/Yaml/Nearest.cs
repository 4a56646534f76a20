namespace Nonet.Recipes.Yaml;

/// <summary>Suggests the known name that an unknown one probably stands for.</summary>
static class Nearest
{
    /// <summary>
    /// The known name for which the unknown one is a synonym in another program, otherwise the name with the fewest edits if these are few. Null if no name is
    /// near. Among equally near names, the first.
    /// </summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="known">All known names.</param>
    public static string? Of(string name, IReadOnlyCollection<string> known) => Synonyms.Of(name, known) ?? ByEdits(name, known);

    /// <summary>The known name with the fewest edits, if they change less than half of the longer name.</summary>
    static string? ByEdits(string name, IReadOnlyCollection<string> known) =>
        name.Length > MostCharacters ? null : known.MinBy(k => Distance(name, k)) is { } nearest
        && 2 * Distance(name, nearest) < Math.Max(name.Length, nearest.Length) ? nearest : null;

    /// <summary>Maximum length of an unknown name. A longer one is not a misspelt option, and comparing it would take time.</summary>
    const int MostCharacters = 100;

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
