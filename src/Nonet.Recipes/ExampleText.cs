using System.Globalization;

namespace Nonet.Recipes;

/// <summary>A few words of the user's own text, as an example prompt.</summary>
static class ExampleText
{
    const int Lines = 2000, Documents = 5, HeadingLength = 40;

    /// <summary>First words of the first line that is longer than a heading; null if the texts have no words.</summary>
    public static string? Of(IEnumerable<string> texts, int words)
    {
        string? shortest = null;
        foreach (var line in texts.Take(Documents).SelectMany(text => text.AsSpan(0, Math.Min(text.Length, 1 << 16)).ToString().Split('\n').Take(Lines)))
        {
            var first = First(line, words);
            if (first.Length > 0 && line.Trim().Length >= HeadingLength)
                return first;
            shortest ??= first.Length > 0 ? first : null;
        }
        return shortest;
    }

    /// <summary>
    /// Words of letters and digits, from the first letter up to the end of a sentence or the first character that a shell might interpret.
    /// </summary>
    static string First(string line, int words)
    {
        const int MostCharacters = 60;
        var start = line.TakeWhile(c => !char.IsLetter(c)).Count();
        var chosen = new List<string>();
        foreach (var word in line[start..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(words))
        {
            var plain = string.Concat(
                word.TakeWhile(c => char.IsLetterOrDigit(c) || c is '-' or '\'' or '’'
                || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark));
            if (plain.Length > MostCharacters)
                plain = string.Concat(plain.EnumerateRunes().Take(words * 2)); // a language without spaces
            if (plain.Length > 0)
                chosen.Add(plain);
            if (plain.Length < word.Length && word[plain.Length] is not ',')
                break;
        }
        return string.Join(' ', chosen);
    }
}
