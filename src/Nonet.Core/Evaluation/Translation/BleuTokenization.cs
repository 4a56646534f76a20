using System.Text;

namespace Nonet.Evaluation.Translation;

/// <summary>How BLEU splits text into words: the tokenizers of sacreBLEU.</summary>
public enum BleuTokenization
{
    /// <summary>mteval-v13a of NIST and WMT: splits off ASCII punctuation, except full stops and commas within numbers.</summary>
    Mteval13a,

    /// <summary>mteval-v14 --international-tokenization: splits off Unicode punctuation and symbols.</summary>
    International,

    /// <summary>Splits only at white space, for text that is already tokenized.</summary>
    None,

    /// <summary>Every character that is not white space is a word.</summary>
    Character,
}

/// <summary>
/// Splits a line into words. A rule of mteval runs over the code points of the line from left to right and continues after each replacement. It may therefore
/// skip the second of two adjacent marks, which is left to the next rule.
/// </summary>
static class BleuWords
{
    public static string[] Of(string line, BleuTokenization tokenization) => tokenization switch
    {
        BleuTokenization.Mteval13a => Split(Mteval13a(line)),
        BleuTokenization.International => Split(International(line)),
        BleuTokenization.Character => [.. line.EnumerateRunes().Where(r => !IsSpace(r)).Select(r => r.ToString())],
        _ => Split(line.EnumerateRunes()),
    };

    public static string NameOf(BleuTokenization tokenization) => tokenization switch
    {
        BleuTokenization.Mteval13a => "13a",
        BleuTokenization.International => "intl",
        BleuTokenization.Character => "char",
        _ => "none",
    };

    /// <summary>White space as Python defines it, where sacreBLEU splits: Unicode white space and the four ASCII separators.</summary>
    public static bool IsSpace(Rune r) => Rune.IsWhiteSpace(r) || r.Value is >= 0x1c and <= 0x1f;

    static List<Rune> Mteval13a(string line)
    {
        line = line.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        List<Rune> runes = [.. $" {line} ".EnumerateRunes()];
        runes = Apart(runes, r =>
            r.Value is (>= ' ' and <= '&') or (>= '(' and <= '+') or '/' or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~'));
        runes = SecondApart(runes, r => !IsDigit(r), IsPoint);
        runes = FirstApart(runes, IsPoint, r => !IsDigit(r));
        return SecondApart(runes, IsDigit, r => r.Value == '-');

        static bool IsDigit(Rune r) => r.Value is >= '0' and <= '9';
        static bool IsPoint(Rune r) => r.Value is '.' or ',';
    }

    static List<Rune> International(string line)
    {
        List<Rune> runes = [.. line.EnumerateRunes()];
        runes = SecondApart(runes, r => !Rune.IsNumber(r), Rune.IsPunctuation);
        runes = FirstApart(runes, Rune.IsPunctuation, r => !Rune.IsNumber(r));
        return Apart(runes, Rune.IsSymbol);
    }

    /// <summary>x → " x ".</summary>
    static List<Rune> Apart(List<Rune> runes, Predicate<Rune> which)
    {
        var to = new List<Rune>(2 * runes.Count);
        foreach (var r in runes)
            to.AddRange(which(r) ? [Space, r, Space] : [r]);
        return to;
    }

    /// <summary>xy → "x y ".</summary>
    static List<Rune> SecondApart(List<Rune> runes, Predicate<Rune> first, Predicate<Rune> second) =>
        Pairs(runes, first, second, (x, y) => [x, Space, y, Space]);

    /// <summary>xy → " x y".</summary>
    static List<Rune> FirstApart(List<Rune> runes, Predicate<Rune> first, Predicate<Rune> second) =>
        Pairs(runes, first, second, (x, y) => [Space, x, Space, y]);

    static List<Rune> Pairs(List<Rune> runes, Predicate<Rune> first, Predicate<Rune> second, Func<Rune, Rune, Rune[]> change)
    {
        var to = new List<Rune>(2 * runes.Count);
        for (var i = 0; i < runes.Count; i++)
        {
            if (i + 1 < runes.Count && first(runes[i]) && second(runes[i + 1]))
                to.AddRange(change(runes[i], runes[++i]));
            else
                to.Add(runes[i]);
        }
        return to;
    }

    static Rune Space => new(' ');

    public static string[] Split(IEnumerable<Rune> runes)
    {
        var (words, word) = (new List<string>(), new StringBuilder());
        foreach (var r in runes)
        {
            if (!IsSpace(r))
                word.Append(r.ToString());
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
        if (word.Length > 0)
            words.Add(word.ToString());
        return [.. words];
    }
}
