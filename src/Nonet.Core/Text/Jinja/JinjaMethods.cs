using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Jinja;

/// <summary>The methods of strings, lists and dictionaries that do not change their object.</summary>
static class JinjaMethods
{
    /// <summary>Finds the method of a value by name; null if it has none of that name. A call of the method charges for the value.</summary>
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

    /// <summary>The methods of a text that is marked as safe. Their results are safe too, and their arguments are escaped.</summary>
    static JinjaFunction? OfMarkup(string text, string name) => name switch
    {
        "format" => (c, a, n) => JinjaFormat.Braces(c, new JinjaMarkup(text), a, Named(c, n)),
        "join" => (c, a, n) =>
            new JinjaMarkup(JinjaText.Joined(c, text,
            new JinjaList(c, (JinjaValue.Iterate(Argument(c, name, a, n, 0, "iterable")) ?? []).Select(object? (item) => JinjaOperations.Escaped(c, item))))),
        "striptags" => (_, _, _) => JinjaText.WithoutTags(text),
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
        : throw context.Wrong($"found the field {JinjaRepr.Shown(key)} in a format, for which no value is given");

    static JinjaFunction? OfText(string text, string name) => name switch
    {
        "upper" => (_, _, _) => PythonCase.Upper(text),
        "lower" => (_, _, _) => PythonCase.Lower(text),
        "casefold" => (_, _, _) => PythonCase.Fold(text),
        "title" => (_, _, _) => PythonCase.Title(text),
        "capitalize" => (_, _, _) => PythonCase.Capitalize(text),
        "swapcase" => (_, _, _) => PythonCase.Swap(text),
        "strip" => (c, a, n) => JinjaText.Stripped(c, text, a, n, true, true),
        "lstrip" => (c, a, n) => JinjaText.Stripped(c, text, a, n, true, false),
        "rstrip" => (c, a, n) => JinjaText.Stripped(c, text, a, n, false, true),
        "removeprefix" => (c, a, n) => Word(c, name, a, n, 0, "prefix") is var p && text.StartsWith(p, StringComparison.Ordinal) ? text[p.Length..] : text,
        "removesuffix" => (c, a, n) =>
            Word(c, name, a, n, 0, "suffix") is { Length: > 0 } p && text.EndsWith(p, StringComparison.Ordinal) ? text[..^p.Length] : text,
        "startswith" => (c, a, _) => Texts(c, name, a).Any(p => text.StartsWith(p, StringComparison.Ordinal)),
        "endswith" => (c, a, _) => Texts(c, name, a).Any(p => text.EndsWith(p, StringComparison.Ordinal)),
        "split" => (c, a, n) => JinjaText.Split(c, text, a, n, fromRight: false),
        "rsplit" => (c, a, n) => JinjaText.Split(c, text, a, n, fromRight: true),
        "splitlines" => (c, a, n) => new JinjaList(c, JinjaText.Lines(text, JinjaValue.IsTrue(a.Count > 0 ? a[0] : n.GetValueOrDefault("keepends")))),
        "partition" => (c, a, n) => JinjaText.Partition(c, text, Word(c, name, a, n, 0, "sep"), last: false),
        "rpartition" => (c, a, n) => JinjaText.Partition(c, text, Word(c, name, a, n, 0, "sep"), last: true),
        "replace" => (c, a, n) =>
            JinjaText.Replaced(c, text, Word(c, name, a, n, 0, "old"), Word(c, name, a, n, 1, "new"), a.Count > 2 ? a[2] : n.GetValueOrDefault("count")),
        "join" => (c, a, n) => JinjaText.Joined(c, text, Argument(c, name, a, n, 0, "iterable")),
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
        "isspace" => (_, _, _) => text.Length > 0 && text.All(JinjaText.IsBlank),
        "isascii" => (_, _, _) => System.Text.Ascii.IsValid(text),
        "isupper" => (_, _, _) => text.Any(char.IsUpper) && !text.Any(char.IsLower),
        "islower" => (_, _, _) => text.Any(char.IsLower) && !text.Any(char.IsUpper),
        "istitle" => (_, _, _) => text.Any(char.IsLetter) && PythonCase.Title(text) == text,
        "zfill" => (c, a, n) => text.StartsWith('-') || text.StartsWith('+')
            ? text[..1] + JinjaText.Padded(c, text[1..], Argument(c, name, a, n, 0, "width") is long w ? w - 1 : null, "0", '>')
            : JinjaText.Padded(c, text, Argument(c, name, a, n, 0, "width"), "0", '>'),
        "ljust" or "rjust" or "center" => (c, a, n) =>
            JinjaText.Padded(c, text, Argument(c, name, a, n, 0, "width"), a.Count > 1 ? Word(c, name, a, n, 1, "fillchar") : " ",
                name switch { "ljust" => '<', "rjust" => '>', _ => '^' }),
        "format" => (c, a, n) => JinjaFormat.Braces(c, text, a, Named(c, n)),
        "format_map" => (c, a, n) =>
            Argument(c, name, a, n, 0, "mapping") is JinjaDict map ? JinjaFormat.Braces(c, text, [], key => JinjaOperations.Item(c, map, key))
            : throw c.Wrong("found format_map of other than a dictionary"),
        "encode" or "translate" or "expandtabs" => (context, _, _) => throw context.Wrong($"found the string method {name}, which is not supported"),
        _ => null,
    };

    /// <summary>Converts a position in UTF-16 units to one in characters.</summary>
    static long Place(string text, int at)
    {
        var place = (long)at;
        for (var i = 0; i < at; i++)
            place -= char.IsLowSurrogate(text[i]) ? 1 : 0;
        return place;
    }

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
}
