using System.Text;

namespace Nonet.Evaluation.Translation;

/// <summary>How BLEU cuts text into words. Named as sacreBLEU names them.</summary>
public enum BleuTokenization
{
    /// <summary>mteval-v13a of NIST and WMT: ASCII punctuation apart, full stops and commas within numbers not.</summary>
    Mteval13a,

    /// <summary>mteval-v14 --international-tokenization: punctuation and symbols of Unicode apart.</summary>
    International,

    /// <summary>What is between spaces: for text that is tokenized already.</summary>
    None,

    /// <summary>Every character that is no space.</summary>
    Character,
}

/// <summary>
/// The words of a line. A rule of mteval runs over the line from left to right and goes on behind what it has changed, so that of
/// two marks in a row the second may be left to the next rule; text is seen by code points.
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

    /// <summary>Python's notion, by which sacreBLEU splits: white space of Unicode and the four separators of ASCII.</summary>
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
