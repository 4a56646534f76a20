using System.Buffers;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Jinja;

/// <summary>Python's text functions, used by methods and filters.</summary>
static class JinjaText
{
    static readonly SearchValues<char> lineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029");

    /// <summary>White space as Python defines it: Unicode's white space, and the four ASCII separators.</summary>
    public static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static string Stripped(JinjaContext context, string text, List<object?> positional, Dictionary<string, object?> named, bool left, bool right)
    {
        var chars = JinjaValue.Plain(positional.Count > 0 ? positional[0] : named.GetValueOrDefault("chars"));
        if (chars is not (null or string))
            throw context.Wrong($"found {JinjaValue.Kind(chars)} as the characters to strip; expected a string");
        var set = (chars as string)?.EnumerateRunes().ToHashSet();
        bool Goes(Rune rune) => set?.Contains(rune) ?? (Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1c and <= 0x1f);
        var rest = text.AsSpan();
        while (left && Rune.DecodeFromUtf16(rest, out var first, out var width) == OperationStatus.Done && Goes(first))
            rest = rest[width..];
        while (right && Rune.DecodeLastFromUtf16(rest, out var last, out var width) == OperationStatus.Done && Goes(last))
            rest = rest[..^width];
        return rest.Length == text.Length ? text : rest.ToString();
    }

    public static JinjaList Split(JinjaContext context, string text, List<object?> positional, Dictionary<string, object?> named, bool fromRight)
    {
        var separator = JinjaValue.Plain(positional.Count > 0 ? positional[0] : named.GetValueOrDefault("sep"));
        var most = positional.Count > 1 ? positional[1] : named.GetValueOrDefault("maxsplit", -1L);
        if (separator is not (null or string { Length: > 0 }) || !JinjaValue.IsWhole(most))
            throw context.Wrong("found split with other arguments than a separator and a number; expected a string that is not empty");
        var limit = JinjaValue.Whole(most) is >= 0 and < int.MaxValue and var given ? (int)given : int.MaxValue;
        var cuts = (separator is string between ? Matches(text, between, fromRight) : Blanks(text, fromRight)).Take(limit);
        var (parts, start, end) = (new List<object?>(), 0, text.Length);
        if (separator is null)
        {
            while (start < end && IsBlank(text[start]))
                start++;
            while (end > start && IsBlank(text[end - 1]))
                end--;
            if (start == end)
                return new JinjaList(context, []);
        }
        foreach (var (at, length) in cuts)
        {
            if (separator is null && (at + length <= start || at >= end))
                continue;
            parts.Add(fromRight ? text[(at + length)..end] : text[start..at]);
            context.MadeElement(parts.Count);
            (start, end) = fromRight ? (start, at) : (at + length, end);
        }
        if (separator is null && parts.Count == limit) // the rest keeps the white space at its far end
            (start, end) = fromRight ? (0, end) : (start, text.Length);
        parts.Add(text[start..end]);
        if (fromRight)
            parts.Reverse();
        return new JinjaList(context, parts);
    }

    /// <summary>Occurrences of a separator, from one end.</summary>
    static IEnumerable<(int At, int Length)> Matches(string text, string separator, bool fromRight)
    {
        if (!fromRight)
        {
            for (var at = 0; text.IndexOf(separator, at, StringComparison.Ordinal) is >= 0 and var found; at = found + separator.Length)
                yield return (found, separator.Length);
            yield break;
        }
        for (var end = text.Length; text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal) is >= 0 and var found; end = found)
            yield return (found, separator.Length);
    }

    /// <summary>Runs of white space between words, from one end.</summary>
    static IEnumerable<(int At, int Length)> Blanks(string text, bool fromRight)
    {
        var (first, last) = (0, text.Length);
        while (first < last && IsBlank(text[first]))
            first++;
        while (last > first && IsBlank(text[last - 1]))
            last--;
        for (var at = fromRight ? last - 1 : first; at >= first && at < last; at += fromRight ? -1 : 1)
        {
            if (!IsBlank(text[at]))
                continue;
            var other = at;
            while (IsBlank(text[other + (fromRight ? -1 : 1)])) // stays in range, because the text begins and ends with words
                other += fromRight ? -1 : 1;
            yield return (Math.Min(at, other), Math.Abs(at - other) + 1);
            at = other;
        }
    }

    public static JinjaList Partition(JinjaContext context, string text, string separator, bool last)
    {
        if (separator.Length == 0)
            throw context.Wrong("found partition by an empty string; expected a separator");
        var at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return new JinjaList(context, at < 0 ? last ? ["", "", text] : [text, "", ""] : [text[..at], separator, text[(at + separator.Length)..]],
            isTuple: true);
    }

    /// <summary>The lines of a text, split at all line ends that Python knows.</summary>
    public static IEnumerable<object?> Lines(string text, bool keepEnds = false)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.AsSpan(start).IndexOfAny(lineEnds);
            end = end < 0 ? text.Length : start + end;
            var width = end == text.Length ? 0 : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1;
            yield return text[start..(keepEnds ? end + width : end)];
            start = end + width;
        }
    }

    /// <summary>The characters of a text from its end.</summary>
    public static string Reversed(string text)
    {
        var units = text.ToCharArray();
        Array.Reverse(units);
        for (var i = 0; i + 1 < units.Length; i++)
        {
            if (char.IsLowSurrogate(units[i]) && char.IsHighSurrogate(units[i + 1]))
                (units[i], units[i + 1]) = (units[i + 1], units[i]);
        }
        return new string(units);
    }

    /// <summary>Pads a text to a width in characters.</summary>
    public static string Padded(JinjaContext context, string text, object? width, string fill, char align)
    {
        if (width is not long n || n > 10_000 || fill.EnumerateRunes().Count() != 1)
            throw context.Wrong("found a text to be padded to other than a width of at most 10000, or with other than one character");
        var missing = (int)Math.Max(0, Math.Max(n, 0) - text.EnumerateRunes().Count());
        var before = align switch { '<' => 0, '>' => missing, _ => (missing / 2) + (missing & (int)n & 1) };
        return string.Concat(string.Concat(Enumerable.Repeat(fill, before)), text, string.Concat(Enumerable.Repeat(fill, missing - before)));
    }

    /// <summary>The runs of letters, digits and _ that the filter wordcount counts.</summary>
    public static IEnumerable<string> WordsOf(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var inside = i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_');
            if (inside && start < 0)
                start = i;
            if (inside || start < 0)
                continue;
            yield return text[start..i];
            start = -1;
        }
    }

    /// <summary>The filter title: capitalises every word. White space, hyphens and opening brackets separate words.</summary>
    public static string Words(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var apart = IsBetweenWords(text[start]);
            var end = start + 1;
            while (end < text.Length && IsBetweenWords(text[end]) == apart)
                end++;
            var first = start + (char.IsSurrogatePair(text, start) ? 2 : 1);
            result.Append(PythonCase.Upper(text[start..first])).Append(PythonCase.Lower(text[first..Math.Max(first, end)]));
            start = Math.Max(first, end);
        }
        return result.ToString();
    }

    static bool IsBetweenWords(char c) => IsBlank(c) || c is '-' or '(' or '{' or '[' or '<';

    /// <summary>Removes HTML comments and tags, collapses white space and decodes entities.</summary>
    public static string WithoutTags(string text)
    {
        foreach (var (open, close) in new[] { ("<!--", "-->"), ("<", ">") })
        {
            var (result, at) = (new StringBuilder(text.Length), 0);
            while (text.IndexOf(open, at, StringComparison.Ordinal) is >= 0 and var start
                && text.IndexOf(close, start, StringComparison.Ordinal) is >= 0 and var end)
            {
                result.Append(text, at, start - at);
                at = end + close.Length;
            }
            text = result.Append(text, at, text.Length - at).ToString();
        }
        return System.Net.WebUtility.HtmlDecode(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    /// <summary>Encodes a text for a URL, or a dictionary or pairs as a query string.</summary>
    public static string UrlEncoded(JinjaContext context, object? x)
    {
        static string Quote(string text) => Uri.EscapeDataString(text);
        if (x is JinjaDict dict)
            return string.Join('&', dict.Keys.Select(k => $"{Quote(JinjaOperations.Text(context, k))}={Quote(JinjaOperations.Text(context, dict[k]))}"));
        return Quote(JinjaOperations.Text(context, x)).Replace("%2F", "/", StringComparison.Ordinal);
    }

    public static string Replaced(JinjaContext context, string text, string old, string with, object? count)
    {
        var most = JinjaValue.IsWhole(count) && JinjaValue.Whole(count) is >= 0 and var n ? n : long.MaxValue;
        if (old.Length > 0)
        {
            context.CheckLength(text.Length + (Math.Min(most, text.AsSpan().Count(old)) * ((long)with.Length - old.Length)));
            if (most == long.MaxValue)
                return text.Replace(old, with, StringComparison.Ordinal);
        }
        else
            context.CheckLength(text.Length + (Math.Min(most, text.Length + 1L) * with.Length));
        var (result, at) = (new StringBuilder(), 0);
        for (; most > 0 && at <= text.Length; most--)
        {
            if (old.Length == 0)
            {
                var width = at < text.Length ? char.IsSurrogatePair(text, at) ? 2 : 1 : 0;
                result.Append(with).Append(text, at, width);
                at += Math.Max(1, width);
                continue;
            }
            var next = text.IndexOf(old, at, StringComparison.Ordinal);
            if (next < 0)
                break;
            result.Append(text, at, next - at).Append(with);
            at = next + old.Length;
        }
        return at <= text.Length ? result.Append(text, at, text.Length - at).ToString() : result.ToString();
    }

    public static string Joined(JinjaContext context, string between, object? x)
    {
        var (result, first) = (new StringBuilder(), true);
        foreach (var item in JinjaValue.Iterate(x) ?? throw context.Wrong($"found join of {JinjaValue.Kind(x)}; expected a list"))
        {
            var text = JinjaOperations.Text(context, item);
            context.CheckLength((long)result.Length + text.Length + between.Length);
            context.Spend(text.Length + between.Length);
            result.Append(first ? "" : between).Append(text);
            first = false;
        }
        return result.ToString();
    }
}
