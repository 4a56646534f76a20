using System.Text.RegularExpressions;

namespace Nonet.Text;

/// <summary>
/// Cuts text into words, which merges never cross. The two usual patterns are scanned by hand: that is faster than Regex, which besides sees UTF-16 units and
/// takes a letter beyond U+FFFF for punctuation.
/// </summary>
abstract class WordSplit
{
    /// <summary>Appends where each word ends; they join without a gap.</summary>
    public abstract void Cut(ReadOnlySpan<char> text, List<int> ends);

    /// <summary>The split of a regular expression; null is GPT-2's, an empty one none.</summary>
    public static WordSplit From(string? pattern) => pattern switch
    {
        null or Gpt2Split.Pattern => new Gpt2Split(),
        "" => new NoSplit(),
        Cl100kSplit.Pattern => new Cl100kSplit(),
        _ => new RegexSplit(pattern),
    };

    sealed class NoSplit : WordSplit
    {
        public override void Cut(ReadOnlySpan<char> text, List<int> ends) => ends.Add(text.Length);
    }

    /// <summary>Matches are words, and so is what lies between them.</summary>
    sealed class RegexSplit(string pattern) : WordSplit
    {
        readonly Regex regex = new(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled);

        public override void Cut(ReadOnlySpan<char> text, List<int> ends)
        {
            var end = 0;
            foreach (var match in regex.EnumerateMatches(text))
            {
                if (match.Index > end)
                    ends.Add(match.Index);
                if (match.Length > 0)
                    ends.Add(match.Index + match.Length);
                end = match.Index + match.Length;
            }
            if (end < text.Length)
                ends.Add(text.Length);
        }
    }
}
