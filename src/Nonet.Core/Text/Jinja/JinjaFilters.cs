using System.Globalization;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>What stands after |.</summary>
static class JinjaFilters
{
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal)
    {
        "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min",
        "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper", "wordcount",
    };

    public static object? Apply(JinjaContext context, string name, object? x, List<object?> a, Dictionary<string, object?> n)
    {
        object? Given(int place, string parameter, object? otherwise) => place < a.Count ? a[place] : n.TryGetValue(parameter, out var value) ? value : otherwise;
        bool On(int place, string parameter) => JinjaValue.IsTrue(Given(place, parameter, false));
        List<object?> Items() => JinjaValue.Iterate(x)?.ToList() is { } items ? Counted(context, items) : throw context.Wrong($"found the filter {name} of {JinjaValue.Kind(x)}; expected a list");
        string Text() => JinjaOperations.Text(context, x);
        switch (name)
        {
            case "default" or "d": return x is Undefined || (On(1, "boolean") && !JinjaValue.IsTrue(x)) ? Given(0, "default_value", "") : x;
            case "length" or "count": return x is string s ? s.EnumerateRunes().Count() : x is JinjaDict dict ? (long)dict.Count : (long)Items().Count;
            case "string": return Text();
            case "safe": return x;
            case "escape" or "e":
                return Text().Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
                .Replace("\"", "&#34;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);
            case "upper": return Text().ToUpperInvariant();
            case "lower": return Text().ToLowerInvariant();
            case "title": return JinjaMethods.Title(Text());
            case "capitalize": return JinjaMethods.Capitalized(Text());
            case "trim": return JinjaMethods.Stripped(context, Text(), a, n, true, true);
            case "wordcount": return (long)Text().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            case "replace": return JinjaMethods.Replaced(context, Text(), JinjaOperations.Text(context, JinjaMethods.Argument(context, name, a, n, 0, "old")), JinjaOperations.Text(context, JinjaMethods.Argument(context, name, a, n, 1, "new")), Given(2, "count", null));
            case "indent": return Indented(context, Text(), Given(0, "width", 4L), On(1, "first"), On(2, "blank"));
            case "int": return Int(x, Given(0, "default", 0L));
            case "float": return Real(x, Given(0, "default", 0.0));
            case "abs": return x switch { double d => Math.Abs(d), bool or long => JinjaOperations.Whole(context, () => checked(Math.Abs(JinjaValue.Whole(x)))), _ => throw context.Wrong($"found abs of {JinjaValue.Kind(x)}; expected a number") };
            case "round": return Rounded(context, x, Given(0, "precision", 0L), Given(1, "method", "common"));
            case "list": return new JinjaList(Items());
            case "items": return x is JinjaDict pairs ? new JinjaList(Pairs(pairs)) : x is Undefined ? new JinjaList([]) : throw context.Wrong($"found items of {JinjaValue.Kind(x)}; expected a dictionary");
            case "first": return Items() is [var first, ..] ? first : new Undefined("the first of nothing");
            case "last": return Items() is [.., var last] ? last : new Undefined("the last of nothing");
            case "reverse": return x is string text ? string.Concat(text.EnumerateRunes().Reverse()) : new JinjaList(Items().AsEnumerable().Reverse());
            case "join": return JinjaMethods.Joined(context, JinjaOperations.Text(context, Given(0, "d", "")), Given(1, "attribute", null) is { } of ? new JinjaList(Items().Select(i => Path(context, i, of))) : x);
            case "map": return new JinjaList(Mapped(context, Items(), a, n));
            case "select" or "reject": return new JinjaList(Items().Where(i => Passes(context, i, a, 0) == (name == "select")));
            case "selectattr" or "rejectattr":
                var attribute = JinjaMethods.Argument(context, name, a, n, 0, "attribute");
                return new JinjaList(Items().Where(i => Passes(context, Path(context, i, attribute), a, 1) == (name == "selectattr")));
            case "sort": return new JinjaList(Sorted(context, Items(), On(0, "reverse"), On(1, "case_sensitive"), Given(2, "attribute", null)));
            case "dictsort": return Dictsort(context, x as JinjaDict ?? throw context.Wrong($"found dictsort of {JinjaValue.Kind(x)}; expected a dictionary"), On(0, "case_sensitive"), Given(1, "by", "key"), On(2, "reverse"));
            case "unique": return new JinjaList(Items().DistinctBy(i => Cased(Given(1, "attribute", null) is { } by ? Path(context, i, by) : i, On(0, "case_sensitive")) ?? JinjaValue.None, JinjaValue.Keys));
            case "min" or "max": return Extreme(context, Items(), name == "min", On(0, "case_sensitive"), Given(1, "attribute", null));
            case "sum": return Items().Select(i => Given(0, "attribute", null) is { } by ? Path(context, i, by) : i).Aggregate(Given(1, "start", 0L), (total, i) => JinjaOperations.Apply(context, "+", total, i));
            case "batch": return Batched(context, Items(), JinjaMethods.Argument(context, name, a, n, 0, "linecount"), Given(1, "fill_with", null));
            case "slice": return Sliced(context, Items(), JinjaMethods.Argument(context, name, a, n, 0, "slices"), Given(1, "fill_with", null));
            case "groupby": return Grouped(context, Items(), JinjaMethods.Argument(context, name, a, n, 0, "attribute"));
            case "tojson": return JinjaJson.Write(context, x, a, n);
            default: throw context.Wrong($"found the filter {name}, which is unknown");
        }
    }

    static List<object?> Counted(JinjaContext context, List<object?> items)
    {
        context.CheckElements(items.Count);
        return items;
    }

    static IEnumerable<object?> Pairs(JinjaDict dict) => dict.Keys.Select(object? (k) => new JinjaList([k, dict[k]], isTuple: true));

    /// <summary>a.b.0 of an item.</summary>
    static object? Path(JinjaContext context, object? x, object? path)
    {
        if (path is not string names)
            return JinjaOperations.Item(context, x, path);
        foreach (var name in names.Split('.'))
            x = JinjaOperations.Item(context, x, long.TryParse(name, CultureInfo.InvariantCulture, out var index) ? index : name);
        return x;
    }

    static bool Passes(JinjaContext context, object? x, List<object?> arguments, int at)
    {
        if (arguments.Count <= at)
            return JinjaValue.IsTrue(x);
        return arguments[at] is string test && JinjaTests.Names.Contains(test) ? JinjaTests.Apply(context, test, x, arguments[(at + 1)..])
            : throw context.Wrong($"found the test {JinjaValue.Text(arguments[at])}; expected one of {string.Join(", ", JinjaTests.Names.Order(StringComparer.Ordinal))}");
    }

    static List<object?> Mapped(JinjaContext context, List<object?> items, List<object?> a, Dictionary<string, object?> n)
    {
        if (n.TryGetValue("attribute", out var path))
            return [.. items.Select(i => Path(context, i, path) is var value && value is Undefined && n.TryGetValue("default", out var otherwise) ? otherwise : value)];
        var filter = a.Count > 0 ? a[0] as string : null;
        if (filter is null || !Names.Contains(filter))
            throw context.Wrong($"found map by {(a.Count > 0 ? JinjaValue.Repr(a[0]) : "nothing")}; expected attribute=... or the name of a filter");
        return [.. items.Select(i => Apply(context, filter, i, a[1..], n))];
    }

    static object? Cased(object? x, bool sensitive) => x is string s && !sensitive ? s.ToLowerInvariant() : x;

    static List<object?> Sorted(JinjaContext context, List<object?> items, bool reverse, bool sensitive, object? attribute)
    {
        context.Spend((long)items.Count * 20);
        List<(object? Key, object? Item)> keyed = [.. items.Select(i => (Cased(attribute is null ? i : Path(context, i, attribute), sensitive), i))];
        var order = Comparer<object?>.Create((x, y) => JinjaValue.Compare(x, y) ?? throw context.Wrong($"found {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)} to be sorted; expected values of one kind"));
        try
        {
            return [.. (reverse ? keyed.OrderByDescending(k => k.Key, order) : keyed.OrderBy(k => k.Key, order)).Select(k => k.Item)];
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaException inner)
        {
            throw inner;
        }
    }

    static JinjaList Dictsort(JinjaContext context, JinjaDict dict, bool sensitive, object? by, bool reverse) =>
        new(Sorted(context, [.. Pairs(dict)], reverse, sensitive, by is "value" ? 1L : 0L));

    static object? Extreme(JinjaContext context, List<object?> items, bool least, bool sensitive, object? attribute) =>
        items.Count == 0 ? new Undefined("the least or most of nothing") : Sorted(context, items, reverse: !least, sensitive, attribute)[0];

    static JinjaList Batched(JinjaContext context, List<object?> items, object? size, object? fill)
    {
        if (size is not long n || n is < 1 or > 10_000)
            throw context.Wrong("found batch without a size from 1 to 10000");
        return new JinjaList(items.Chunk((int)n).Select(object? (c) => new JinjaList(fill is null ? c : c.Concat(Enumerable.Repeat(fill, (int)n - c.Length)))));
    }

    static JinjaList Sliced(JinjaContext context, List<object?> items, object? count, object? fill)
    {
        if (count is not long n || n is < 1 or > 10_000)
            throw context.Wrong("found slice without a number from 1 to 10000");
        var (each, more) = Math.DivRem(items.Count, (int)n);
        var (slices, at) = (new List<object?>(), 0);
        for (var i = 0; i < n; i++)
        {
            var own = items.GetRange(at, each + (i < more ? 1 : 0));
            at += own.Count;
            if (fill is not null && more > 0 && i >= more)
                own.Add(fill);
            slices.Add(new JinjaList(own));
        }
        return new JinjaList(slices);
    }

    static JinjaList Grouped(JinjaContext context, List<object?> items, object? attribute) => new(Sorted(context, items, false, false, attribute)
        .GroupBy(i => Path(context, i, attribute) ?? JinjaValue.None, JinjaValue.Keys)
        .Select(object? (g) => new JinjaList([g.Key == JinjaValue.None ? null : g.Key, new JinjaList(g)], isTuple: true)));

    static object Int(object? x, object? otherwise) => x switch
    {
        bool or long => JinjaValue.Whole(x),
        double d when Math.Abs(d) < 9e18 => (long)d,
        string s when long.TryParse(s.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) => n,
        string s when double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && Math.Abs(d) < 9e18 => (long)d,
        _ => otherwise ?? 0L,
    };

    static object Real(object? x, object? otherwise) => JinjaValue.Number(x) is { } d ? d
        : x is string s && double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : otherwise ?? 0.0;

    static double Rounded(JinjaContext context, object? x, object? precision, object? method)
    {
        if (JinjaValue.Number(x) is not { } d || precision is not long digits || digits is < -15 or > 15)
            throw context.Wrong("found round of what is no number, or to other than -15 to 15 digits");
        var power = Math.Pow(10, digits);
        return method switch
        {
            "common" when digits >= 0 => Math.Round(d, (int)digits, MidpointRounding.ToEven),
            "common" => Math.Round(d * power, MidpointRounding.ToEven) / power,
            "ceil" => Math.Ceiling(d * power) / power,
            "floor" => Math.Floor(d * power) / power,
            _ => throw context.Wrong($"found round by {JinjaValue.Repr(method)}; expected common, ceil or floor"),
        };
    }

    static string Indented(JinjaContext context, string text, object? width, bool first, bool blank)
    {
        var margin = width is long n and >= 0 and <= 1000 ? new string(' ', (int)n) : width as string ?? throw context.Wrong("found indent by other than 0 to 1000 or a string");
        var lines = text.Split('\n');
        context.CheckLength(text.Length + (long)lines.Length * margin.Length);
        var result = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
            result.Append(i > 0 ? "\n" : "").Append((i > 0 || first) && (lines[i].Length > 0 || blank) ? margin : "").Append(lines[i]);
        return result.ToString();
    }
}
