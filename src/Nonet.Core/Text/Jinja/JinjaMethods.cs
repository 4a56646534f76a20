using System.Globalization;

namespace Nonet.Text.Jinja;

/// <summary>The methods of strings, lists and dictionaries that change nothing.</summary>
static class JinjaMethods
{
    /// <summary>The method of a value; null where it has none of that name.</summary>
    public static JinjaFunction? Find(object? x, string name) => x switch
    {
        string text => OfText(text, name),
        JinjaDict dict => OfDict(dict, name),
        JinjaList list => OfList(list, name),
        _ => null,
    };

    static JinjaFunction? OfDict(JinjaDict dict, string name) => name switch
    {
        "items" => (_, _, _) => new JinjaList(dict.Keys.Select(object? (k) => new JinjaList([k, dict[k]], isTuple: true))),
        "keys" => (_, _, _) => new JinjaList(dict.Keys),
        "values" => (_, _, _) => new JinjaList(dict.Keys.Select(k => dict[k])),
        "get" => (context, a, n) => Argument(context, "get", a, n, 0, "key") is var key && dict.Has(JinjaOperations.Key(context, key)) ? dict[key] : a.Count > 1 ? a[1] : n.GetValueOrDefault("default"),
        "copy" => (_, _, _) => dict,
        "update" or "pop" or "popitem" or "clear" or "setdefault" => Refused(name),
        _ => null,
    };

    static JinjaFunction? OfList(JinjaList list, string name) => name switch
    {
        "index" => (context, a, n) => list.Items.FindIndex(item => JinjaValue.Equal(item, Argument(context, name, a, n, 0, "x"))) is >= 0 and var i ? (long)i : throw context.Wrong("found list.index of what is not in the list"),
        "count" => (context, a, n) => (long)list.Items.Count(item => JinjaValue.Equal(item, Argument(context, name, a, n, 0, "x"))),
        "copy" => (_, _, _) => new JinjaList(list.Items),
        "append" or "extend" or "insert" or "pop" or "remove" or "reverse" or "sort" or "clear" => Refused(name),
        _ => null,
    };

    static JinjaFunction Refused(string name) => (context, _, _) => throw context.Wrong($"found {name}(), which changes its value; templates may not: make a new one, as with list + [x]");

    static JinjaFunction? OfText(string text, string name) => name switch
    {
        "upper" => Of((_, _, _) => text.ToUpperInvariant()),
        "lower" => Of((_, _, _) => text.ToLowerInvariant()),
        "casefold" => Of((_, _, _) => text.ToLowerInvariant()),
        "title" => Of((_, _, _) => Title(text)),
        "capitalize" => Of((_, _, _) => Capitalized(text)),
        "swapcase" => Of((_, _, _) => string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        "strip" => Of((c, a, n) => Stripped(c, text, a, n, true, true)),
        "lstrip" => Of((c, a, n) => Stripped(c, text, a, n, true, false)),
        "rstrip" => Of((c, a, n) => Stripped(c, text, a, n, false, true)),
        "removeprefix" => Of((c, a, n) => Word(c, name, a, n, 0, "prefix") is var p && text.StartsWith(p, StringComparison.Ordinal) ? text[p.Length..] : text),
        "removesuffix" => Of((c, a, n) => Word(c, name, a, n, 0, "suffix") is { Length: > 0 } p && text.EndsWith(p, StringComparison.Ordinal) ? text[..^p.Length] : text),
        "startswith" => Of((c, a, n) => Words(c, name, a).Any(p => text.StartsWith(p, StringComparison.Ordinal))),
        "endswith" => Of((c, a, n) => Words(c, name, a).Any(p => text.EndsWith(p, StringComparison.Ordinal))),
        "split" => Of((c, a, n) => Split(c, text, a, n, fromRight: false)),
        "rsplit" => Of((c, a, n) => Split(c, text, a, n, fromRight: true)),
        "splitlines" => Of((_, _, _) => new JinjaList(Lines(text))),
        "partition" => Of((c, a, n) => Partition(text, Word(c, name, a, n, 0, "sep"), last: false)),
        "rpartition" => Of((c, a, n) => Partition(text, Word(c, name, a, n, 0, "sep"), last: true)),
        "replace" => Of((c, a, n) => Replaced(c, text, Word(c, name, a, n, 0, "old"), Word(c, name, a, n, 1, "new"), a.Count > 2 ? a[2] : n.GetValueOrDefault("count"))),
        "join" => Of((c, a, n) => Joined(c, text, Argument(c, name, a, n, 0, "iterable"))),
        "find" => Of((c, a, n) => (long)text.IndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal)),
        "rfind" => Of((c, a, n) => (long)text.LastIndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal)),
        "index" => Of((c, a, n) => text.IndexOf(Word(c, name, a, n, 0, "sub"), StringComparison.Ordinal) is >= 0 and var i ? (long)i : throw c.Wrong("found index() of what is not in the string")),
        "count" => Of((c, a, n) => Word(c, name, a, n, 0, "sub") is { Length: > 0 } sub ? (long)text.Split(sub).Length - 1 : text.Length + 1L),
        "isdigit" or "isnumeric" or "isdecimal" => Of((_, _, _) => text.Length > 0 && text.All(char.IsDigit)),
        "isalpha" => Of((_, _, _) => text.Length > 0 && text.All(char.IsLetter)),
        "isalnum" => Of((_, _, _) => text.Length > 0 && text.All(char.IsLetterOrDigit)),
        "isspace" => Of((_, _, _) => text.Length > 0 && text.All(char.IsWhiteSpace)),
        "isupper" => Of((_, _, _) => text.Any(char.IsUpper) && !text.Any(char.IsLower)),
        "islower" => Of((_, _, _) => text.Any(char.IsLower) && !text.Any(char.IsUpper)),
        "zfill" => Of((c, a, n) => Argument(c, name, a, n, 0, "width") is long width and <= 10_000 ? text.PadLeft((int)Math.Max(0, width), '0') : throw c.Wrong("found zfill without a small width")),
        "ljust" => Of((c, a, n) => Argument(c, name, a, n, 0, "width") is long width and <= 10_000 ? text.PadRight((int)Math.Max(0, width)) : throw c.Wrong("found ljust without a small width")),
        "rjust" => Of((c, a, n) => Argument(c, name, a, n, 0, "width") is long width and <= 10_000 ? text.PadLeft((int)Math.Max(0, width)) : throw c.Wrong("found rjust without a small width")),
        "format" or "format_map" or "encode" or "translate" or "expandtabs" => (context, _, _) => throw context.Wrong($"found the string method {name}, which is not supported"),
        _ => null,
    };

    /// <summary>Counts the length of what comes out.</summary>
    static JinjaFunction Of(JinjaFunction method) => (context, arguments, named) =>
    {
        var result = method(context, arguments, named);
        context.Spend((result as string)?.Length ?? (result as JinjaList)?.Items.Count ?? 0);
        return result;
    };

    public static object? Argument(JinjaContext context, string function, List<object?> positional, Dictionary<string, object?> named, int place, string name) =>
        place < positional.Count ? positional[place] : named.TryGetValue(name, out var value) ? value : throw context.Wrong($"found {function} without {name}; expected it");

    static string Word(JinjaContext context, string function, List<object?> positional, Dictionary<string, object?> named, int place, string name) =>
        Argument(context, function, positional, named, place, name) is var x && x is string text ? text : throw context.Wrong($"found {JinjaValue.Kind(x)} as {name} of {function}; expected a string");

    static IEnumerable<string> Words(JinjaContext context, string function, List<object?> arguments) => arguments switch
    {
        [string one, ..] => [one],
        [JinjaList { IsTuple: true } several, ..] => several.Items.Select(x => x as string ?? throw context.Wrong($"found {JinjaValue.Kind(x)} in {function}; expected strings")),
        _ => throw context.Wrong($"found {function} without a string; expected one, or a tuple of them"),
    };

    public static string Stripped(JinjaContext context, string text, List<object?> positional, Dictionary<string, object?> named, bool left, bool right)
    {
        var chars = positional.Count > 0 ? positional[0] : named.GetValueOrDefault("chars");
        if (chars is not (null or string))
            throw context.Wrong($"found {JinjaValue.Kind(chars)} as what is to be stripped; expected a string");
        var set = (chars as string)?.ToCharArray();
        if (left)
            text = set is null ? text.TrimStart() : text.TrimStart(set is [] ? ['\uffff'] : set);
        return !right ? text : set is null ? text.TrimEnd() : text.TrimEnd(set is [] ? ['\uffff'] : set);
    }

    static JinjaList Split(JinjaContext context, string text, List<object?> positional, Dictionary<string, object?> named, bool fromRight)
    {
        var separator = positional.Count > 0 ? positional[0] : named.GetValueOrDefault("sep");
        var most = positional.Count > 1 ? positional[1] : named.GetValueOrDefault("maxsplit", -1L);
        if (separator is not (null or string { Length: > 0 }) || most is not long limit)
            throw context.Wrong("found split with other arguments than a separator and a number; expected a string that is not empty");
        var parts = separator is string s ? text.Split(s).ToList() : [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        context.CheckElements(parts.Count);
        if (limit < 0 || parts.Count <= limit + 1)
            return new JinjaList(parts);
        if (separator is string between)
        {
            var n = (int)limit;
            return new JinjaList(fromRight
                ? [string.Join(between, parts[..^n]), .. parts[^n..]]
                : [.. parts[..n], string.Join(between, parts[n..])]);
        }
        var rest = text.Trim();
        var words = new List<object?>();
        for (var i = 0; i < limit; i++) // the rest keeps its blanks
        {
            var at = fromRight ? rest.LastIndexOfAny([' ', '\t', '\n', '\r']) : rest.IndexOfAny([' ', '\t', '\n', '\r']);
            words.Insert(fromRight ? 0 : words.Count, fromRight ? rest[(at + 1)..] : rest[..at]);
            rest = fromRight ? rest[..at].TrimEnd() : rest[at..].TrimStart();
        }
        words.Insert(fromRight ? 0 : words.Count, rest);
        return new JinjaList(words);
    }

    static JinjaList Partition(string text, string separator, bool last)
    {
        var at = separator.Length == 0 ? -1 : last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return new JinjaList(at < 0 ? last ? ["", "", text] : [text, "", ""] : [text[..at], separator, text[(at + separator.Length)..]], isTuple: true);
    }

    public static IEnumerable<object?> Lines(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    public static string Replaced(JinjaContext context, string text, string old, string with, object? count)
    {
        context.CheckLength(text.Length + (old.Length == 0 ? (text.Length + 1L) * with.Length : (long)text.Length / old.Length * with.Length));
        var most = count is long n and >= 0 ? n : long.MaxValue;
        if (old.Length > 0 && most == long.MaxValue)
            return text.Replace(old, with, StringComparison.Ordinal);
        var result = new System.Text.StringBuilder();
        var at = 0;
        for (; most > 0 && at <= text.Length; most--)
        {
            if (old.Length == 0)
            {
                result.Append(with);
                if (at < text.Length)
                    result.Append(text[at]);
                at++;
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
        var items = JinjaValue.Iterate(x)?.Select(item => JinjaOperations.Text(context, item)).ToList() ?? throw context.Wrong($"found join of {JinjaValue.Kind(x)}; expected a list");
        context.CheckLength(items.Sum(i => (long)i.Length) + (long)between.Length * items.Count);
        return string.Join(between, items);
    }

    public static string Capitalized(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Every run of letters begins large.</summary>
    public static string Title(string text) => string.Create(text.Length, text, (span, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            span[i] = i > 0 && char.IsLetter(from[i - 1]) ? char.ToLower(from[i], CultureInfo.InvariantCulture) : char.ToUpper(from[i], CultureInfo.InvariantCulture);
    });
}
