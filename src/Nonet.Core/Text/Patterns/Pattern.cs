using Nonet.Files;
using Nonet.Text.Normalizers;

namespace Nonet.Text.Patterns;

/// <summary>Treatment of a match when a text is split.</summary>
enum SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous }

/// <summary>Finds places in a text: the field `pattern` of tokenizer.json, or a property of characters.</summary>
abstract class Pattern
{
    /// <summary>Matches from left to right, without overlap; some may be empty.</summary>
    /// <param name="text">The text.</param>
    /// <param name="meter">Limits the time of all matches in the text to which this one belongs; null: no limit.</param>
    public abstract IReadOnlyList<(int Start, int End)> Matches(string text, PipelineMeter? meter = null);

    /// <summary>Reads {"String": "..."}, {"Regex": "..."}, or a bare string.</summary>
    public static Pattern Read(JsonFields json)
    {
        if (json.IsText("pattern"))
            return new LiteralPattern(json.Text("pattern")!);
        var pattern = json.Object("pattern") ?? throw json.Missing("pattern", "a String or a Regex");
        if (pattern.Text("String") is { } literal)
            return new LiteralPattern(literal);
        return pattern.Text("Regex") is { } regex ? new RegexPattern(regex, pattern) : throw pattern.Missing("Regex", "a String or a Regex");
    }

    /// <summary>Splits a text at the matches.</summary>
    public List<AlignedText> Cut(AlignedText text, SplitBehavior behavior, bool invert = false)
    {
        var parts = Parts(text.Text, text.Meter);
        var cuts = new List<(int Start, int End)>(parts.Count);
        var previous = false;
        if (behavior == SplitBehavior.MergedWithNext)
            parts.Reverse();
        foreach (var (start, end, found) in parts)
        {
            var match = found != invert;
            var joins = cuts.Count > 0 && behavior switch
            {
                SplitBehavior.Contiguous => match == previous,
                SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => match && !previous,
                _ => false,
            };
            previous = match;
            if (joins)
                cuts[^1] = behavior == SplitBehavior.MergedWithNext ? (start, cuts[^1].End) : (cuts[^1].Start, end);
            else if (!(match && behavior == SplitBehavior.Removed))
                cuts.Add((start, end));
        }
        if (behavior == SplitBehavior.MergedWithNext)
            cuts.Reverse();
        return [.. cuts.Where(c => c.End > c.Start).Select(c => text.Slice(c.Start, c.End))];
    }

    /// <summary>The matches, and the text between them.</summary>
    List<(int Start, int End, bool Match)> Parts(string text, PipelineMeter? meter)
    {
        var (parts, at) = (new List<(int, int, bool)>(), 0);
        foreach (var (start, end) in Matches(text, meter))
        {
            if (start > at)
                parts.Add((at, start, false));
            parts.Add((start, end, true));
            at = end;
        }
        if (at < text.Length)
            parts.Add((at, text.Length, false));
        return parts;
    }
}

/// <summary>A literal text.</summary>
sealed class LiteralPattern(string literal) : Pattern
{
    public override IReadOnlyList<(int Start, int End)> Matches(string text, PipelineMeter? meter = null)
    {
        var found = new List<(int, int)>();
        if (literal.Length == 0)
            return found;
        for (var at = 0; text.IndexOf(literal, at, StringComparison.Ordinal) is >= 0 and var start; at = start + literal.Length)
            found.Add((start, start + literal.Length));
        return found;
    }
}

/// <summary>Every character with a property.</summary>
sealed class CharacterPattern(Func<int, bool> holds) : Pattern
{
    public override IReadOnlyList<(int Start, int End)> Matches(string text, PipelineMeter? meter = null)
    {
        var (found, at) = (new List<(int, int)>(), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (holds(rune.Value))
                found.Add((at, at + rune.Utf16SequenceLength));
            at += rune.Utf16SequenceLength;
        }
        return found;
    }
}

/// <summary>Matches runs of characters of one kind, such as \w+|[^\w\s]+.</summary>
sealed class RunPattern(Func<int, int> kind) : Pattern
{
    /// <summary>Runs of characters of the same kind; kind 0 never matches.</summary>
    public override IReadOnlyList<(int Start, int End)> Matches(string text, PipelineMeter? meter = null)
    {
        var (found, at, start, last) = (new List<(int, int)>(), 0, 0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            var own = kind(rune.Value);
            if (own != last)
            {
                if (last != 0)
                    found.Add((start, at));
                (start, last) = (at, own);
            }
            at += rune.Utf16SequenceLength;
        }
        if (last != 0)
            found.Add((start, at));
        return found;
    }
}
