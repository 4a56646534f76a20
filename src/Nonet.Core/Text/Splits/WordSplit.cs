using System.Buffers;
using Nonet.Text.Normalizers;

namespace Nonet.Text.Splits;

/// <summary>
/// Splits text into words, which merges never cross. The common patterns are scanned by hand, which is several times faster than a regular
/// expression.
/// </summary>
abstract class WordSplit
{
    /// <summary>Space, tab and line ends.</summary>
    public const string Blanks = " \t\n\r";

    /// <summary>Appends the end of each word. The words are contiguous.</summary>
    public abstract void Cut(ReadOnlySpan<char> text, List<int> ends);

    /// <summary>
    /// Whether a word always ends after a line end that is not followed by white space or a slash. The words after it then do not depend on those before it.
    /// </summary>
    public virtual bool EndsWithLine => false;

    public List<AlignedText> Cut(AlignedText text)
    {
        var (ends, words, start) = (new List<int>(), new List<AlignedText>(), 0);
        Cut(text.Text, ends);
        foreach (var end in ends)
        {
            if (end > start)
                words.Add(text.Slice(start, end));
            start = end;
        }
        return words;
    }

    /// <summary>The split that is equivalent to a regular expression; null if there is none.</summary>
    public static WordSplit? Known(string? pattern) => pattern switch
    {
        Gpt2Split.Pattern => new Gpt2Split(),
        Cl100kSplit.Pattern => new Cl100kSplit(3),
        Cl100kSplit.Qwen2Pattern => new Cl100kSplit(1),
        O200kSplit.Pattern => new O200kSplit(),
        _ => null,
    };

    /// <summary>Does not split.</summary>
    public sealed class None : WordSplit
    {
        public override void Cut(ReadOnlySpan<char> text, List<int> ends)
        {
            if (!text.IsEmpty)
                ends.Add(text.Length);
        }
    }

    /// <summary>Splits before each of several characters.</summary>
    public sealed class Before(string characters) : WordSplit
    {
        readonly SearchValues<char> characters = SearchValues.Create(characters);

        public override void Cut(ReadOnlySpan<char> text, List<int> ends)
        {
            for (var start = 0; start < text.Length;)
            {
                var next = text[(start + 1)..].IndexOfAny(characters);
                ends.Add(start = next < 0 ? text.Length : start + 1 + next);
            }
        }
    }

    /// <summary>Splits before ASCII white space that follows another character.</summary>
    public sealed class BeforeSpaces : WordSplit
    {
        static readonly SearchValues<char> spaces = SearchValues.Create(" \t\r\n");

        public override void Cut(ReadOnlySpan<char> text, List<int> ends)
        {
            for (var start = 0; start < text.Length;)
            {
                var word = text[start..].IndexOfAnyExcept(spaces);
                var end = word < 0 ? -1 : text[(start + word)..].IndexOfAny(spaces);
                ends.Add(start = end < 0 ? text.Length : start + word + end);
            }
        }
    }

    /// <summary>
    /// Splits before every U+2581 that follows another character, for vocabularies in which no token contains one after its beginning.
    /// </summary>
    public sealed class BeforeMetaspace : WordSplit
    {
        public override void Cut(ReadOnlySpan<char> text, List<int> ends)
        {
            for (var start = 0; start < text.Length;)
            {
                var end = start;
                while (end < text.Length && text[end] == '\u2581')
                    end++;
                var next = text[end..].IndexOf('\u2581');
                ends.Add(start = next < 0 ? text.Length : end + next);
            }
        }
    }
}
