using System.Globalization;
using System.Text;
using Nonet.Text.Unicode;

namespace Nonet.Text.Jinja;

/// <summary>Filters: the names after |.</summary>
static class JinjaFilters
{
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal)
    {
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape", "format",
        "groupby", "indent", "int", "items", "join", "last",
        "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort",
        "string", "striptags", "sum", "title",
        "tojson", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
    };

    /// <summary>x | name(a, n). Charges for its inputs and its result.</summary>
    public static object? Apply(JinjaContext context, string name, object? x, List<object?> a, Dictionary<string, object?> n) =>
        JinjaFunctions.Paid(context, x, a, n, () => Result(context, name, name is "default" or "d" ? x : context.Defined(x), a, n));

    static object? Result(JinjaContext context, string name, object? x, List<object?> a, Dictionary<string, object?> n)
    {
        object? Given(int place, string parameter, object? otherwise) =>
            place < a.Count ? a[place] : n.TryGetValue(parameter, out var value) ? value : otherwise;
        bool On(int place, string parameter, bool otherwise = false) => JinjaValue.IsTrue(Given(place, parameter, otherwise));
        string Text() => JinjaOperations.Text(context, x);
        string Argument(int place, string parameter) => JinjaOperations.Text(context, JinjaMethods.Argument(context, name, a, n, place, parameter));
        object? Same(string made) => x is JinjaMarkup ? new JinjaMarkup(made) : made; // the result of safe text is safe
        IReadOnlyList<object?> Items() => x is JinjaList given ? given.Items
            : new JinjaList(context, JinjaValue.Iterate(x) ?? throw context.Wrong($"found the filter {name} of {JinjaValue.Kind(x)}; expected a list")).Items;
        IReadOnlyList<object?> Any() => JinjaValue.IsTrue(x) ? Items() : []; // false values have no elements
        JinjaList List(IEnumerable<object?> items) => new(context, items);
        switch (name)
        {
            case "default" or "d": return x is Undefined || (On(1, "boolean") && !JinjaValue.IsTrue(x)) ? Given(0, "default_value", "") : x;
            case "attr": return JinjaOperations.Attribute(context, x, Argument(0, "name"));
            case "length" or "count":
                return JinjaValue.Plain(x) is string s ? s.EnumerateRunes().Count() : x is JinjaDict dict ? (long)dict.Count
                : (long)Items().Count;
            case "string": return Same(Text());
            case "safe": return x is JinjaMarkup ? x : new JinjaMarkup(Text());
            case "escape" or "e": return new JinjaMarkup(JinjaOperations.Escaped(context, x));
            case "forceescape": return new JinjaMarkup(JinjaOperations.Escaped(context, Text()));
            case "striptags": return JinjaText.WithoutTags(Text());
            case "upper": return Same(PythonCase.Upper(Text()));
            case "lower": return Same(PythonCase.Lower(Text()));
            case "title": return JinjaText.Words(Text());
            case "capitalize": return Same(PythonCase.Capitalize(Text()));
            case "trim": return Same(JinjaText.Stripped(context, Text(), a, n, true, true));
            case "center": return Same(JinjaText.Padded(context, Text(), Given(0, "width", 80L), " ", '^'));
            case "wordcount": return (long)JinjaText.WordsOf(Text()).Count();
            case "replace": return JinjaText.Replaced(context, Text(), Argument(0, "old"), Argument(1, "new"), Given(2, "count", null));
            case "format":
                if (a.Count > 0 && n.Count > 0)
                    throw context.Wrong("found format with values both by place and by name; expected one of the two");
                return JinjaFormat.Percent(context, x as JinjaMarkup ?? (object)Text(), a, n.Count > 0 ? JinjaFunctions.Dictionary(context, n) : null);
            case "indent": return Same(Indented(context, Text(), Given(0, "width", 4L), On(1, "first"), On(2, "blank")));
            case "truncate":
                var ending = JinjaOperations.Text(context, Given(2, "end", "..."));
                return Same(Truncated(context, Text(), Given(0, "length", 255L), On(1, "killwords"), ending, Given(3, "leeway", null)));
            case "urlencode": return JinjaText.UrlEncoded(context, x);
            case "int": return Int(JinjaValue.Plain(x), Given(0, "default", 0L), Given(1, "base", 10L));
            case "float": return Real(JinjaValue.Plain(x), Given(0, "default", 0.0));
            case "abs":
                return x switch
                {
                    double d => Math.Abs(d),
                    bool or long => JinjaOperations.Whole(context, () => checked(Math.Abs(JinjaValue.Whole(x)))),
                    _ => throw context.Wrong($"found abs of {JinjaValue.Kind(x)}; expected a number"),
                };
            case "round": return Rounded(context, x, Given(0, "precision", 0L), Given(1, "method", "common"));
            case "list": return List(Items());
            case "items":
                return x is JinjaDict pairs ? List(Pairs(context, pairs)) : x is Undefined ? List([])
                : throw context.Wrong($"found items of {JinjaValue.Kind(x)}; expected a dictionary");
            case "first" or "last" when JinjaValue.Plain(x) is string { Length: > 0 } ends:
                Rune.DecodeFromUtf16(ends, out var opening, out _);
                Rune.DecodeLastFromUtf16(ends, out var closing, out _);
                return (name == "first" ? opening : closing).ToString();
            case "first": return Items() is [var first, ..] ? first : new Undefined("the first of nothing");
            case "last": return Items() is [.., var last] ? last : new Undefined("the last of nothing");
            case "reverse": return JinjaValue.Plain(x) is string text ? Same(JinjaText.Reversed(text)) : List(Items().Reverse());
            case "join":
                var between = JinjaOperations.Text(context, Given(0, "d", ""));
                return JinjaText.Joined(context, between, Given(1, "attribute", null) is { } of ? List(Items().Select(i => Path(context, i, of))) : x);
            case "map": return List(Mapped(context, Any(), a, n));
            case "select" or "reject": return List(Any().Where(i => Passes(context, i, a, 0) == (name == "select")));
            case "selectattr" or "rejectattr":
                if (Any() is not { Count: > 0 } tested)
                    return List([]);
                var attribute = JinjaMethods.Argument(context, name, a, n, 0, "attribute");
                return List(tested.Where(i => Passes(context, Path(context, i, attribute), a, 1) == (name == "selectattr")));
            case "sort": return List(Sorted(context, Items(), On(0, "reverse"), On(1, "case_sensitive"), Given(2, "attribute", null)));
            case "dictsort":
                var sorted = x as JinjaDict ?? throw context.Wrong($"found dictsort of {JinjaValue.Kind(x)}; expected a dictionary");
                return List(Sorted(context, [.. Pairs(context, sorted)], On(2, "reverse"), On(0, "case_sensitive"),
                    JinjaValue.Plain(Given(1, "by", "key")) is "value" ? 1L : 0L));
            case "unique":
                var (cased, by) = (On(0, "case_sensitive"), Given(1, "attribute", null));
                return List(Items().DistinctBy(i =>
                    JinjaOperations.Key(context, Cased(context, by is null ? i : Path(context, i, by), cased)) ?? JinjaValue.None, context.Keys));
            case "min" or "max": return Extreme(context, Items(), name == "min", On(0, "case_sensitive"), Given(1, "attribute", null));
            case "sum":
                var summed = Items().Select(i => Given(0, "attribute", null) is { } part ? Path(context, i, part) : i);
                return summed.Aggregate(Given(1, "start", 0L), (total, i) => JinjaOperations.Apply(context, "+", total, i));
            case "batch": return Batched(context, Items(), JinjaMethods.Argument(context, name, a, n, 0, "linecount"), Given(1, "fill_with", null));
            case "slice": return Sliced(context, Items(), JinjaMethods.Argument(context, name, a, n, 0, "slices"), Given(1, "fill_with", null));
            case "groupby":
                return Grouped(context, Items(), JinjaMethods.Argument(context, name, a, n, 0, "attribute"), Given(1, "default", null),
                On(2, "case_sensitive"));
            case "tojson": return JinjaJson.Write(context, x, a, n);
            default: throw Unknown(context, name);
        }
    }

    static JinjaException Unknown(JinjaContext context, string name) =>
        context.Wrong($"found {name}; expected one of the filters {string.Join(", ", Names.Order(StringComparer.Ordinal))}");

    static IEnumerable<object?> Pairs(JinjaContext context, JinjaDict dict) =>
        dict.Keys.Select(object? (k) => new JinjaList(context, [k, dict[k]], isTuple: true));

    /// <summary>a.b.0 of an item.</summary>
    static object? Path(JinjaContext context, object? x, object? path)
    {
        context.Spend();
        if (JinjaValue.Plain(path) is not string names)
            return JinjaOperations.Item(context, x, path);
        foreach (var name in names.Split('.'))
        {
            context.Spend(name.Length);
            x = JinjaOperations.Item(context, x, long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : name);
        }
        return x;
    }

    static bool Passes(JinjaContext context, object? x, List<object?> arguments, int at)
    {
        context.Spend();
        if (arguments.Count <= at)
            return JinjaValue.IsTrue(x);
        return JinjaValue.Plain(arguments[at]) is string test ? JinjaTests.Apply(context, test, x, arguments[(at + 1)..])
            : throw context.Wrong($"found the test {JinjaRepr.Shown(arguments[at])}; expected the name of a test");
    }

    static IEnumerable<object?> Mapped(JinjaContext context, IReadOnlyList<object?> items, List<object?> a, Dictionary<string, object?> n)
    {
        if (items.Count == 0)
            return [];
        if (n.TryGetValue("attribute", out var path))
            return items.Select(i =>
                Path(context, i, path) is var value && value is Undefined && n.TryGetValue("default", out var otherwise) ? otherwise : value);
        if (a.Count == 0 || JinjaValue.Plain(a[0]) is not string filter)
            throw context.Wrong($"found map by {(a.Count > 0 ? JinjaRepr.Shown(a[0]) : "nothing")}; expected attribute=... or the name of a filter");
        var rest = a[1..];
        return items.Select(i => Apply(context, filter, i, rest, n));
    }

    static object? Cased(JinjaContext context, object? x, bool sensitive)
    {
        if (sensitive || JinjaValue.Plain(x) is not string s)
            return x;
        context.Spend(s.Length);
        return context.Made(PythonCase.Lower(s));
    }

    static List<object?> Sorted(JinjaContext context, IReadOnlyList<object?> items, bool reverse, bool sensitive, object? attribute)
    {
        var keyed = new List<(object? Key, object? Item)>();
        foreach (var item in items)
        {
            keyed.Add((SortKey(context, item, sensitive, attribute), item));
            context.MadeElement(keyed.Count);
        }
        var order = Comparer<object?>.Create((x, y) => JinjaValue.Compare(context, x, y)
            ?? throw context.Wrong($"found {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)} to be sorted; expected values of one kind"));
        try
        {
            return [.. (reverse ? keyed.OrderByDescending(k => k.Key, order) : keyed.OrderBy(k => k.Key, order)).Select(k => k.Item)];
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaException inner)
        {
            throw inner;
        }
    }

    /// <summary>Sort key of an item: itself, an attribute, or several attributes separated by commas.</summary>
    static object? SortKey(JinjaContext context, object? item, bool sensitive, object? attribute)
    {
        if (attribute is null)
            return Cased(context, item, sensitive);
        if (JinjaValue.Plain(attribute) is not string names || !names.Contains(',', StringComparison.Ordinal))
            return Cased(context, Path(context, item, attribute), sensitive);
        return new JinjaList(context, names.Split(',').Select(name => Cased(context, Path(context, item, name), sensitive)));
    }

    static object? Extreme(JinjaContext context, IReadOnlyList<object?> items, bool least, bool sensitive, object? attribute) =>
        items.Count == 0 ? new Undefined("the least or most of nothing") : Sorted(context, items, reverse: !least, sensitive, attribute)[0];

    static JinjaList Batched(JinjaContext context, IReadOnlyList<object?> items, object? size, object? fill)
    {
        if (size is not long n || n is < 1 or > 10_000)
            throw context.Wrong("found batch without a size from 1 to 10000");
        return new JinjaList(context,
            items.Chunk((int)n).Select(object? (c) => new JinjaList(context, fill is null ? c : c.Concat(Enumerable.Repeat(fill, (int)n - c.Length)))));
    }

    static JinjaList Sliced(JinjaContext context, IReadOnlyList<object?> items, object? count, object? fill)
    {
        if (count is not long n || n is < 1 or > 10_000)
            throw context.Wrong("found slice without a number from 1 to 10000");
        var (each, more) = Math.DivRem(items.Count, (int)n);
        return new JinjaList(context, Enumerable.Range(0, (int)n).Select(object? (i) =>
        {
            var own = items.Skip((i * each) + Math.Min(i, more)).Take(each + (i < more ? 1 : 0));
            return new JinjaList(context, fill is not null && more > 0 && i >= more ? own.Append(fill) : own);
        }));
    }

    static JinjaList Grouped(JinjaContext context, IReadOnlyList<object?> items, object? attribute, object? otherwise, bool sensitive)
    {
        var keyed = items.Select(object? (item) =>
        {
            var key = Path(context, item, attribute);
            return new JinjaList(context, [key is Undefined && otherwise is not null ? otherwise : key, item], isTuple: true);
        });
        var groups = new List<(object? Key, List<object?> Items)>();
        object? last = null;
        foreach (var pair in Sorted(context, [.. keyed], false, sensitive, 0L).Cast<JinjaList>())
        {
            var folded = Cased(context, pair.Items[0], sensitive);
            if (groups.Count == 0 || !JinjaValue.Equal(context, last, folded))
                groups.Add((pair.Items[0], []));
            last = folded;
            groups[^1].Items.Add(pair.Items[1]);
        }
        return new JinjaList(context, groups.Select(object? (g) => new JinjaList(context, [g.Key, new JinjaList(context, g.Items)], isTuple: true)));
    }

    static object Int(object? x, object? otherwise, object? radix) => x switch
    {
        bool or long => JinjaValue.Whole(x),
        double d when Math.Abs(d) < 9e18 => (long)d,
        string s when radix is 16L && long.TryParse(Digits(s, "0x"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var n) => n,
        string s when radix is 2L && long.TryParse(Digits(s, "0b"), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out var n) => n,
        string s when radix is 10L && long.TryParse(Digits(s, ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) => n,
        string s when radix is 10L && double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && Math.Abs(d) < 9e18 => (long)d,
        _ => otherwise ?? 0L,
    };

    static string Digits(string text, string prefix)
    {
        text = text.Trim().Replace("_", "", StringComparison.Ordinal);
        return text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? text[prefix.Length..] : text;
    }

    static object? Real(object? x, object? otherwise) => JinjaValue.Number(x) is { } d ? d
        : x is string s && double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : otherwise ?? 0.0;

    static object Rounded(JinjaContext context, object? x, object? precision, object? method)
    {
        if (JinjaValue.Number(x) is not { } d || precision is not long digits || digits is < -15 or > 15)
            throw context.Wrong("found round of a value that is not a number, or to a number of digits outside -15 to 15");
        var power = Math.Pow(10, digits);
        return JinjaValue.Plain(method) switch
        {
            "common" when digits >= 0 => JinjaValue.IsWhole(x) ? (object)JinjaValue.Whole(x) : RoundedAt(d, (int)digits, power),
            "common" => Math.Round(d * power, MidpointRounding.ToEven) / power is var tens && JinjaValue.IsWhole(x) && Math.Abs(tens) < 9e18
                ? (object)(long)tens : tens,
            "ceil" => Math.Ceiling(d * power) / power,
            "floor" => Math.Floor(d * power) / power,
            _ => throw context.Wrong($"found round by {JinjaRepr.Shown(method)}; expected common, ceil or floor"),
        };
    }

    /// <summary>Python's round: works on the exact value, and rounds a tie to the even neighbour.</summary>
    static double RoundedAt(double x, int digits, double power)
    {
        if (!double.IsFinite(x))
            return x;
        var halves = x * Math.Pow(2, digits + 1);
        return halves == Math.Floor(halves) && Math.Abs(x * power) < 1L << 52 ? Math.Round(x * power, MidpointRounding.ToEven) / power
            : double.Parse(x.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    static string Indented(JinjaContext context, string text, object? width, bool first, bool blank)
    {
        var margin = width is long n and >= 0 and <= 1000 ? new string(' ', (int)n) : JinjaValue.Plain(width) as string
            ?? throw context.Wrong("found indent by other than 0 to 1000 or a string");
        string[] lines = [.. JinjaText.Lines(text + "\n").Select(line => (string)line!)];
        context.CheckLength(text.Length + ((long)lines.Length * margin.Length));
        var result = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
            result.Append(i > 0 ? "\n" : "").Append((i > 0 || first) && (lines[i].Length > 0 || blank) ? margin : "").Append(lines[i]);
        return result.ToString();
    }

    /// <summary>Truncates a text to a number of characters, at the end of a word unless <paramref name="killWords"/> is set.</summary>
    static string Truncated(JinjaContext context, string text, object? length, bool killWords, string end, object? leeway)
    {
        if (length is not long n || n < 0 || (leeway ?? 5L) is not (long spare and >= 0))
            throw context.Wrong("found truncate with a length that is not a whole number from 0");
        var runes = text.EnumerateRunes().ToArray();
        var endLength = end.EnumerateRunes().Count();
        if (n < endLength)
            throw context.Wrong($"found truncate to {n} characters; expected at least the {endLength} of its end");
        if (runes.Length <= n || runes.Length - n <= spare)
            return text;
        var kept = string.Concat(runes.Take((int)n - endLength));
        return (killWords || kept.LastIndexOf(' ') is not (>= 0 and var space) ? kept : kept[..space]) + end;
    }
}
