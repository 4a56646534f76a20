using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Nonet.Files;

namespace Nonet.Text.Patterns;

/// <summary>
/// A regular expression as tokenizer.json means it: Oniguruma's, over code points. It is matched by .NET's, which sees UTF-16 units: each character beyond U+FFFF is replaced by
/// one unit that stands for all characters which the pattern cannot tell from it.
/// </summary>
sealed class RegexPattern : Pattern
{
    /// <summary>The time for one match; for all of a text there is more by its length, several times what a sound pattern takes.</summary>
    static readonly TimeSpan longest = TimeSpan.FromSeconds(0.75), perCharacter = TimeSpan.FromMicroseconds(10);

    readonly string pattern, file;
    readonly Regex regex;
    readonly StandIns standIns;

    public RegexPattern(string pattern, JsonFields json) : this(pattern, json.File) { }

    /// <exception cref="MalformedFileException">The pattern says what is not supported.</exception>
    public RegexPattern(string pattern, string file)
    {
        (this.pattern, this.file) = (pattern, file);
        try
        {
            (var translated, standIns) = RegexTranslation.Of(pattern);
            regex = new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.Compiled, longest);
        }
        catch (ArgumentException e)
        {
            throw new MalformedFileException(file, $"regular expression {Shown}: {e.Message}", "one of Oniguruma's that is supported", e);
        }
    }

    string Shown => pattern.Length <= 200 ? pattern : pattern[..197] + "...";

    public override IReadOnlyList<(int Start, int End)> Matches(string text)
    {
        var (found, begin, limit) = (new List<(int, int)>(), Stopwatch.GetTimestamp(), longest + (text.Length * perCharacter));
        try
        {
            if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            {
                foreach (var match in regex.EnumerateMatches(text))
                {
                    found.Add((match.Index, match.Index + match.Length));
                    if (found.Count % 16 == 0 && Stopwatch.GetElapsedTime(begin) > limit)
                        throw TooLong(text);
                }
                return found;
            }
            var (shadow, places) = (new StringBuilder(text.Length), new List<int>(text.Length + 1));
            var at = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                shadow.Append(rune.IsBmp ? (char)rune.Value : standIns.For(rune.Value));
                places.Add(at);
                at += rune.Utf16SequenceLength;
            }
            places.Add(at);
            foreach (var match in regex.EnumerateMatches(shadow.ToString()))
            {
                found.Add((places[match.Index], places[match.Index + match.Length]));
                if (found.Count % 16 == 0 && Stopwatch.GetElapsedTime(begin) > limit)
                    throw TooLong(text);
            }
            return found;
        }
        catch (RegexMatchTimeoutException e)
        {
            throw TooLong(text, e);
        }
    }

    MalformedFileException TooLong(string text, Exception? inner = null) =>
        new(file, $"regular expression {Shown}, which takes too long on a text of {text.Length} characters", "one that finds its way", inner);
}
