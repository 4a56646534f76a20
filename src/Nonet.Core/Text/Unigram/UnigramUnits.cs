using System.Runtime.InteropServices;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Unigram;

/// <summary>
/// Training data of a Unigram model: the distinct units of a text, end to end, and the count of each. A unit is a part of a word that
/// pieces never cross: its characters are of one kind, as in SentencePiece (letters of a script, digits, punctuation, line ends), and only
/// the first can be U+2581.
/// </summary>
sealed class UnigramUnits
{
    public const int End = 0;
    const int Metaspace = 0x2581;

    UnigramUnits(int[] text, int[] starts, long[] counts) => (Text, Starts, Counts) = (text, starts, counts);

    /// <summary>Code points of all units, each followed by an <see cref="End"/>.</summary>
    public int[] Text { get; }

    /// <summary>Start of each unit in <see cref="Text"/>, and the end of the last one.</summary>
    public int[] Starts { get; }

    public long[] Counts { get; }

    public int Count => Counts.Length;

    /// <param name="words">Words and their counts, a space as U+2581.</param>
    /// <param name="alphabet">Characters that are pieces; units are cut at others, which are left out.</param>
    public static UnigramUnits Of(IEnumerable<KeyValuePair<string, long>> words, IReadOnlySet<int> alphabet)
    {
        var (units, kinds) = (new Dictionary<string, long>(StringComparer.Ordinal), new Dictionary<int, int>());
        var lookup = units.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (word, count) in words)
        {
            var (start, at, last) = (0, 0, 0);
            foreach (var rune in word.EnumerateRunes())
            {
                var (known, kind) = (alphabet.Contains(rune.Value), CollectionsMarshal.GetValueRefOrAddDefault(kinds, rune.Value, out var seen));
                if (!seen)
                    kinds[rune.Value] = kind = KindOf(rune.Value);
                if (!known || rune.Value == Metaspace || (kind != 0 && last != 0 && kind != last))
                {
                    Add(word.AsSpan(start, at - start), count);
                    (start, last) = (at, 0);
                }
                at += rune.Utf16SequenceLength;
                if (!known)
                    start = at;
                else if (kind != 0)
                    last = kind;
            }
            Add(word.AsSpan(start), count);
        }
        var (text, starts) = (new List<int>(), new List<int>(units.Count + 1));
        foreach (var unit in units.Keys)
        {
            starts.Add(text.Count);
            foreach (var rune in unit.EnumerateRunes())
                text.Add(rune.Value);
            text.Add(End);
        }
        starts.Add(text.Count);
        return new UnigramUnits([.. text], [.. starts], [.. units.Values]);

        void Add(ReadOnlySpan<char> unit, long count)
        {
            if (!unit.IsEmpty)
                CollectionsMarshal.GetValueRefOrAddDefault(lookup, unit, out _) += count;
        }
    }

    /// <summary>Kind of a character. Characters of one kind may be in one unit; kind 0 fits every kind: U+2581, marks, and joiners.</summary>
    static int KindOf(int c)
    {
        const int LineEnd = 1, Blank = 2, Digit = 3, Sign = 4, Chinese = 5, Scripts = 6;
        if (c is Metaspace or 0x200C or 0x200D || UnicodeTables.Mark.Contains(c))
            return 0;
        if (c is '\n' or '\r')
            return LineEnd;
        if (Rune.IsWhiteSpace(new Rune(c)))
            return Blank;
        if (UnicodeTables.Number.Contains(c))
            return Digit;
        if (c == 0x30FC) // the long vowel of kana
            return Chinese;
        if (UnicodeTables.NoScript.Contains(c))
            return Sign;
        var number = 0;
        foreach (var (name, set) in UnicodeTables.Scripts)
        {
            if (set.Contains(c))
                return name is "Han" or "Hiragana" or "Katakana" ? Chinese : Scripts + number;
            number++;
        }
        return Sign;
    }
}
