using System.Buffers;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Jinja;

/// <summary>The methods of strings, lists and dictionaries that change nothing.</summary>
static class JinjaMethods
{
    static readonly SearchValues<char> lineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029");

    /// <summary>The method of a value, which pays for the value when it is called; null if the value has none of that name.</summary>
    public static JinjaFunction? Find(JinjaContext context, object? x, string name)
    {
        context.Spend();
        var method = x switch
        {
            string text => OfText(text, name),
            JinjaMarkup markup => OfMarkup(markup.Text, name),
            JinjaDict dict => OfDict(dict, name),
            JinjaList list => OfList(list, name),
            _ => null,
        };
        return method is null ? null : (c, a, n) => JinjaFunctions.Paid(c, x, a, n, () => method(c, a, n));
    }

    static JinjaFunction? OfDict(JinjaDict dict, string name) => name switch
    {
        "items" => (c, _, _) => new JinjaList(c, dict.Keys.Select(object? (k) => new JinjaList(c, [k, dict[k]], isTuple: true))),
        "keys" => (c, _, _) => new JinjaList(c, dict.Keys),
        "values" => (c, _, _) => new JinjaList(c, dict.Keys.Select(k => dict[k])),
        "get" => (c, a, n) =>
            Argument(c, "get", a, n, 0, "key") is var key && dict.Has(JinjaOperations.Key(c, key)) ? dict[key] : a.Count > 1 ? a[1]
            : n.GetValueOrDefault("default"),
        "copy" => (_, _, _) => dict,
        "update" or "pop" or "popitem" or "clear" or "setdefault" => Refused(name),
        _ => null,
    };

    static JinjaFunction? OfList(JinjaList list, string name) => name switch
    {
        "index" => (c, a, n) =>
            Argument(c, name, a, n, 0, "x") is var wanted && list.Items.FindIndex(item => JinjaValue.Equal(c, item, wanted)) is >= 0 and var i ? (long)i
            : throw c.Wrong("found list.index of a value that is not in the list"),
        "count" => (c, a, n) => Argument(c, name, a, n, 0, "x") is var wanted ? (long)list.Items.Count(item => JinjaValue.Equal(c, item, wanted)) : 0,
        "copy" => (_, _, _) => list,
        "append" or "extend" or "insert" or "pop" or "remove" or "reverse" or "sort" or "clear" => Refused(name),
        _ => null,
    };

    static JinjaFunction Refused(string name) => (context, _, _) =>
        throw context.Wrong($"found {name}(), which changes its value; templates may not: make a new one, as with list + [x]");

    /// <summary>The methods of a text that is marked as safe: what they return is safe too, and what it is joined with is escaped.</summary>
    static JinjaFunction? OfMarkup(string text, string name) => name switch
    {
        "format" => (c, a, n) => JinjaFormat.Braces(c, new JinjaMarkup(text), a, Named(c, n)),
        "join" => (c, a, n) =>
            new JinjaMarkup(Joined(c, text,
            new JinjaList(c, (JinjaValue.Iterate(Argument(c, name, a, n, 0, "iterable")) ?? []).Select(object? (item) => JinjaOperations.Escaped(c, item))))),
        "striptags" => (_, _, _) => WithoutTags(text),
        "unescape" => (_, _, _) => System.Net.WebUtility.HtmlDecode(text),
        _ when OfText(text, name) is { } method => (c, a, n) => method(c, a, n) switch
        {
            string made => new JinjaMarkup(made),
            JinjaList parts when parts.Items.TrueForAll(p => p is string) =>
                new JinjaList(c, parts.Items.Select(object? (p) => new JinjaMarkup((string)p!)), parts.IsTuple),
            var other => other,
        },
        _ => null,
    };

    static Func<string, object?> Named(JinjaContext context, Dictionary<string, object?> values) =>
        key => values.TryGetValue(key, out var value) ? value
        : throw context.Wrong($"found the field {JinjaValue.Shown(key)} in a format, for which no value is given");

    static JinjaFunction? OfText(string text, string name) => name switch
    {
        "upper" => (_, _, _) => PythonCase.Upper(text),
        "lower" => (_, _, _) => PythonCase.Lower(text),
        "casefold" => (_, _, _) => PythonCase.Fold(text),
        "title" => (_, _, _) => PythonCase.Title(text),
        "capitalize" => (_, _, _) => PythonCase.Capitalize(text),
        "swapcase" => (_, _, _) => PythonCase.Swap(text),
        "strip" => (c, a, n) => Stripped(c, text, a, n, true, true),
        "lstrip" => (c, a, n) => Stripped(c, text, a, n, true, false),
        "rstrip" => (c, a, n) => Stripped(c, text, a, n, false, true),
        "removeprefix" => (c, a, n) => Word(c, name, a, n, 0, "prefix") is var p && text.StartsWith(p, StringComparison.Ordinal) ? text[p.Length..] : text,
        "removesuffix" => (c, a, n) =>
            Word(c, name, a, n, 0, "suffix") is { Length: > 0 } p && text.EndsWith(p, StringComparison.Ordinal) ? text[..^p.Length] : text,
        "startswith" => (c, a, _) => Texts(c, name, a).Any(p => text.StartsWith(p, StringComparison.Ordinal)),
        "endswith" => (c, a, _) => Texts(c, name, a).Any(p => text.EndsWith(p, StringComparison.Ordinal)),
        "split" => (c, a, n) => Split(c, text, a, n, fromRight: false),
        "rsplit" => (c, a, n) => Split(c, text, a, n, fromRight: true),
        "splitlines" => (c, a, n) => new JinjaList(c, Lines(text, JinjaValue.IsTrue(a.Count > 0 ? a[0] : n.GetValueOrDefault("keepends")))),
        "partition" => (c, a, n) => Partition(c, text, Word(c, name, a, n, 0, "sep"), last: false),
        "rpartition" => (c, a, n) => Partition(c, text, Word(c, name, a, n, 0, "sep"), last: true),
        "replace" => (c, a, n) =>
            Replaced(c, text, Word(c, name, a, n, 0, "old"), Word(c, name, a, n, 1, "new"), a.Count > 2 ? a[2] : n.GetValueOrDefault("count")),
        "join" => (c, a, n) => Joined(c, text, Argument(c, name, a, n, 0, "iterable")),
        "find" => (c, a, n) => Place(text, text.IndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal)),
        "rfind" => (c, a, n) => Place(text, text.LastIndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal)),
        "index" => (c, a, n) =>
            Place(text, text.IndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal)) is >= 0 and var i ? i
            : throw c.Wrong("found index() of a text that is not in the string"),
        "rindex" => (c, a, n) =>
            Place(text, text.LastIndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal)) is >= 0 and var i ? i
            : throw c.Wrong("found rindex() of a text that is not in the string"),
        "count" => (c, a, n) => Word(c, name, a, n, 0, "sub") is { Length: > 0 } sub ? (long)text.AsSpan().Count(sub) : text.EnumerateRunes().Count() + 1L,
        "isdigit" or "isnumeric" or "isdecimal" => (_, _, _) => text.Length > 0 && text.All(char.IsDigit),
        "isalpha" => (_, _, _) => text.Length > 0 && text.EnumerateRunes().All(Rune.IsLetter),
        "isalnum" => (_, _, _) => text.Length > 0 && text.EnumerateRunes().All(Rune.IsLetterOrDigit),
        "isspace" => (_, _, _) => text.Length > 0 && text.All(IsBlank),
        "isascii" => (_, _, _) => System.Text.Ascii.IsValid(text),
        "isupper" => (_, _, _) => text.Any(char.IsUpper) && !text.Any(char.IsLower),
        "islower" => (_, _, _) => text.Any(char.IsLower) && !text.Any(char.IsUpper),
        "istitle" => (_, _, _) => text.Any(char.IsLetter) && PythonCase.Title(text) == text,
        "zfill" => (c, a, n) => text.StartsWith('-') || text.StartsWith('+')
            ? text[..1] + Padded(c, text[1..], Argument(c, name, a, n, 0, "width") is long w ? w - 1 : null, "0", '>')
            : Padded(c, text, Argument(c, name, a, n, 0, "width"), "0", '>'),
        "ljust" or "rjust" or "center" => (c, a, n) =>
            Padded(c, text, Argument(c, name, a, n, 0, "width"), a.Count > 1 ? Word(c, name, a, n, 1, "fillchar") : " ",
                name switch { "ljust" => '<', "rjust" => '>', _ => '^' }),
        "format" => (c, a, n) => JinjaFormat.Braces(c, text, a, Named(c, n)),
        "format_map" => (c, a, n) =>
            Argument(c, name, a, n, 0, "mapping") is JinjaDict map ? JinjaFormat.Braces(c, text, [], key => JinjaOperations.Item(c, map, key))
            : throw c.Wrong("found format_map of other than a dictionary"),
        "encode" or "translate" or "expandtabs" => (context, _, _) => throw context.Wrong($"found the string method {name}, which is not supported"),
        _ => null,
    };

    /// <summary>A place in UTF-16 units as one in characters.</summary>
    static long Place(string text, int at)
    {
        var place = (long)at;
        for (var i = 0; i < at; i++)
            place -= char.IsLowSurrogate(text[i]) ? 1 : 0;
        return place;
    }

    /// <summary>Python's notion of white space: Unicode's, and the four separators of ASCII.</summary>
    static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static object? Argument(JinjaContext context, string function, List<object?> positional, Dictionary<string, object?> named, int place,
        string name) =>
        place < positional.Count ? positional[place] : named.TryGetValue(name, out var value) ? value
        : throw context.Wrong($"found {function} without {name}; expected it");

    static string Word(JinjaContext context, string function, List<object?> positional, Dictionary<string, object?> named, int place, string name) =>
        Argument(context, function, positional, named, place, name) is var x && JinjaValue.Plain(x) is string text ? text
            : throw context.Wrong($"found {JinjaValue.Kind(x)} as {name} of {function}; expected a string");

    static IEnumerable<string> Texts(JinjaContext context, string function, List<object?> arguments) => arguments.Count == 0
        ? throw context.Wrong($"found {function} without a string; expected one, or a tuple of them")
        : JinjaValue.Plain(arguments[0]) switch
        {
            string one => [one],
            JinjaList { IsTuple: true } several => several.Items.Select(x =>
            {
                context.Handle(x);
                return JinjaValue.Plain(x) as string ?? throw context.Wrong($"found {JinjaValue.Kind(x)} in {function}; expected strings");
            }),
            _ => throw context.Wrong($"found {function} without a string; expected one, or a tuple of them"),
        };

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

    static JinjaList Split(JinjaContext context, string text, List<object?> positional, Dictionary<string, object?> named, bool fromRight)
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
        if (separator is null && parts.Count == limit) // what is left keeps its blanks at the far end
            (start, end) = fromRight ? (0, end) : (start, text.Length);
        parts.Add(text[start..end]);
        if (fromRight)
            parts.Reverse();
        return new JinjaList(context, parts);
    }

    /// <summary>Where a separator stands, from one end.</summary>
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
            while (IsBlank(text[other + (fromRight ? -1 : 1)])) // words stand at both ends
                other += fromRight ? -1 : 1;
            yield return (Math.Min(at, other), Math.Abs(at - other) + 1);
            at = other;
        }
    }

    static JinjaList Partition(JinjaContext context, string text, string separator, bool last)
    {
        if (separator.Length == 0)
            throw context.Wrong("found partition by an empty string; expected a separator");
        var at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return new JinjaList(context, at < 0 ? last ? ["", "", text] : [text, "", ""] : [text[..at], separator, text[(at + separator.Length)..]],
            isTuple: true);
    }

    /// <summary>The lines of a text, at all the ends of lines that Python knows.</summary>
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

    /// <summary>A text at a width, in characters.</summary>
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

    /// <summary>The filter title: every word begins large, where white space, hyphens and opening brackets are between words.</summary>
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

    /// <summary>A text without comments and tags of HTML, its blanks as one, its entities as characters.</summary>
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

    /// <summary>A text for an address; a dictionary or pairs as a query.</summary>
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
