using System.Buffers;
using System.Text;

namespace Nonet.Data.Masked;

/// <summary>
/// Splits prose into sentences by rules. A blank line ends a sentence; a single line end counts as a space. A run of . ! ? … with its
/// closing quotes and brackets ends a sentence if a space follows and the next word does not begin in lower case. 。！？ and similar marks end
/// one without a space. A full stop does not count after a title or another abbreviation, after an initial, or after the number of a list
/// item. After abbreviations that often end a sentence (U.S., etc., Inc.) it counts if the next word often begins one.
/// </summary>
static class SentenceSplitter
{
    static readonly SearchValues<char> ends = SearchValues.Create(".!?…。！？｡।॥؟۔");
    static readonly SearchValues<char> endsWithoutBlank = SearchValues.Create("。！？｡।॥؟۔");
    static readonly SearchValues<char> closers = SearchValues.Create("\"'”’»)]}」』】）〉》_*");
    static readonly SearchValues<char> openers = SearchValues.Create("\"'“‘«([{「『【（〈《_*—–-");

    /// <summary>Abbreviations that never end a sentence.</summary>
    static readonly HashSet<string> abbreviations = Words(
        "mr mrs ms mm dr prof rev revd hon messrs mme mlle st gen col capt lt cmdr sgt maj gov sen rep pres supt insp mt ft vs cf viz ca no nos vol vols p "
        + "pp fig figs ch chap sec sect art ed eds "
        + "approx dept est ex e.g i.e d.h z.b bzw nr hr fr jan feb mar apr jun jul aug sept sep oct nov dec");

    /// <summary>Abbreviations that sometimes end a sentence.</summary>
    static readonly HashSet<string> endings = Words("etc jr sr inc ltd co corp bros al esq usw");

    static readonly HashSet<string> beginnings = Words(
        "the a an this that these those it he she they we i you there here in on at as if but and or so yet for when while then after before however his "
        + "her its their our my what who why how where "
        + "no not one some many most all each both der die das ein eine es er sie wir ich und aber");

    static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> isAbbreviation = abbreviations.GetAlternateLookup<ReadOnlySpan<char>>();
    static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> isEnding = endings.GetAlternateLookup<ReadOnlySpan<char>>();
    static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> isBeginning = beginnings.GetAlternateLookup<ReadOnlySpan<char>>();

    static HashSet<string> Words(string words) => new(words.Split(' '), StringComparer.OrdinalIgnoreCase);

    /// <summary>Sentences of a text in order. Runs of white space become one space. No sentence is empty.</summary>
    public static List<string> Split(string text)
    {
        var sentences = new List<string>();
        var paragraph = new StringBuilder();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsWhiteSpace())
            {
                Cut(paragraph, sentences);
                continue;
            }
            foreach (var range in line.SplitAny()) // splits at white space
            {
                if (line[range] is not { IsEmpty: false } word)
                    continue;
                if (paragraph.Length > 0)
                    paragraph.Append(' ');
                paragraph.Append(word);
            }
        }
        Cut(paragraph, sentences);
        return sentences;
    }

    /// <summary>Splits a paragraph whose only white space is single spaces, and clears it.</summary>
    static void Cut(StringBuilder paragraph, List<string> sentences)
    {
        var text = paragraph.ToString();
        paragraph.Clear();
        var (start, at) = (0, 0);
        while (at < text.Length && text.AsSpan(at).IndexOfAny(ends) is >= 0 and var found)
        {
            var first = at + found;
            var end = first + 1;
            while (end < text.Length && ends.Contains(text[end]))
                end++;
            var marks = end;
            while (end < text.Length && closers.Contains(text[end]))
                end++;
            at = end;
            if (end == text.Length || !Ends(text, start, first, marks, end))
                continue;
            sentences.Add(text[start..end]);
            start = at = text[end] == ' ' ? end + 1 : end;
        }
        if (start < text.Length)
            sentences.Add(text[start..]);
    }

    /// <summary>Whether a sentence from start ends with the punctuation [first, marks) and the closing quotes up to end.</summary>
    static bool Ends(string text, int start, int first, int marks, int end)
    {
        if (endsWithoutBlank.Contains(text[marks - 1]))
            return true;
        if (text[end] != ' ')
            return false;
        var next = text.AsSpan(end + 1);
        next = next[(next.IndexOfAnyExcept(openers) is >= 0 and var skipped ? skipped : next.Length)..].TrimStart(' ');
        if (next.IsEmpty)
            return true;
        if (char.IsLower(next[0]))
            return false;
        return marks - first > 1 || text[first] != '.' || end > marks || StopCounts(text.AsSpan(start, first - start), next);
    }

    /// <summary>Whether a single full stop ends the sentence before it, given that the next word is not in lower case.</summary>
    static bool StopCounts(ReadOnlySpan<char> sentence, ReadOnlySpan<char> next)
    {
        var blank = sentence.LastIndexOf(' ');
        var word = sentence[(blank + 1)..];
        var bare = word[(word.IndexOfAnyExcept(openers) is >= 0 and var opened ? opened : 0)..];
        if (bare.IsEmpty)
            return true;
        if (blank < 0 && bare.Length <= 3 && bare.IndexOfAnyExceptInRange('0', '9') < 0) // number of a list item
            return false;
        if (bare.Length == 1 && char.IsUpper(bare[0]))
            return bare[0] == 'I' && blank > 0 && char.IsLower(sentence[..blank][(sentence[..blank].LastIndexOf(' ') + 1)..][0]);
        if (isAbbreviation.Contains(bare))
            return bare.Equals("no", StringComparison.OrdinalIgnoreCase) && !char.IsDigit(next[0]);
        if (!isEnding.Contains(bare) && !IsDotted(bare))
            return true;
        var length = next.IndexOfAnyExcept(letters);
        return isBeginning.Contains(length < 0 ? next : next[..length]);
    }

    static readonly SearchValues<char> letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüÄÖÜß");

    /// <summary>Letters with full stops between them: U.S, a.m, Ph.D.</summary>
    static bool IsDotted(ReadOnlySpan<char> word)
    {
        if (!word.Contains('.'))
            return false;
        foreach (var part in word.Split('.'))
        {
            if (word[part] is not { Length: 1 or 2 } letters || !char.IsLetter(letters[0]))
                return false;
        }
        return true;
    }
}
