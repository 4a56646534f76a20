using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Nonet.Files;

namespace Nonet.Text.Patterns;

/// <summary>
/// A regular expression of tokenizer.json, in Oniguruma's syntax and over code points. It runs on .NET's engine, which sees UTF-16 units:
/// each character beyond U+FFFF is replaced by one unit that stands for all characters that the pattern cannot distinguish from it.
/// </summary>
sealed class RegexPattern : Pattern
{
    /// <summary>Time limit of one match, with time for a busy machine. A <see cref="PipelineMeter"/> limits the total over a text.</summary>
    static readonly TimeSpan longest = TimeSpan.FromSeconds(5);

    readonly string pattern, file;
    readonly Regex regex;
    readonly StandIns standIns;

    public RegexPattern(string pattern, JsonFields json) : this(pattern, json.File) { }

    /// <exception cref="MalformedFileException">The pattern uses an unsupported feature.</exception>
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

    public override IReadOnlyList<(int Start, int End)> Matches(string text, PipelineMeter? meter = null)
    {
        meter ??= new PipelineMeter(file, text.Length);
        var (found, begin, limit) = (new List<(int, int)>(), Stopwatch.GetTimestamp(), meter.MatchingLeft);
        try
        {
            if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            {
                foreach (var match in regex.EnumerateMatches(text))
                {
                    found.Add((match.Index, match.Index + match.Length));
                    if (Stopwatch.GetElapsedTime(begin) > limit)
                        break;
                }
                return Stopwatch.GetElapsedTime(begin) > limit ? throw TooLong(text) : found;
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
                if (Stopwatch.GetElapsedTime(begin) > limit)
                    break;
            }
            return Stopwatch.GetElapsedTime(begin) > limit ? throw TooLong(text) : found;
        }
        catch (RegexMatchTimeoutException e)
        {
            throw TooLong(text, e);
        }
        finally
        {
            meter.Matched(Stopwatch.GetElapsedTime(begin));
        }
    }

    MalformedFileException TooLong(string text, Exception? inner = null) =>
        new(file, $"regular expression {Shown}, which takes too long on a text of {text.Length} characters", "a pattern that needs a few steps per character",
            inner);
}
