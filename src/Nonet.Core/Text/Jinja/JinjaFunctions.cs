using System.Globalization;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>The functions that every template can call.</summary>
static class JinjaFunctions
{
    public static void AddTo(JinjaScope scope, TimeProvider time)
    {
        scope["range"] = (JinjaFunction)Range;
        scope["namespace"] = (JinjaFunction)((context, a, n) =>
        {
            var space = new JinjaNamespace();
            foreach (var key in a is [JinjaDict dict] ? dict.Keys : [])
                space.Values[JinjaValue.Text(context, key)] = ((JinjaDict)a[0]!)[key];
            foreach (var (key, value) in n)
                space.Values[key] = value;
            return space;
        });
        scope["dict"] = (JinjaFunction)((context, a, n) =>
        {
            var dict = new JinjaDict(context);
            if (a is [JinjaDict other])
            {
                foreach (var key in other.Keys)
                    dict[key] = other[key];
            }
            else if (a.Count > 0)
            {
                foreach (var pair in JinjaValue.Iterate(a[0]) ?? throw context.Wrong($"found dict of {JinjaValue.Kind(a[0])}; expected a dictionary, or pairs"))
                {
                    if (JinjaValue.Iterate(pair)?.ToArray() is not [var key, var value])
                        throw context.Wrong("found dict of other than pairs; expected a key and a value each");
                    dict[JinjaOperations.Key(context, key)] = value;
                }
            }
            foreach (var (key, value) in n)
                dict[key] = value;
            return dict;
        });
        scope["raise_exception"] =
            (JinjaFunction)((context, a, n) =>
            throw context.Wrong(JinjaOperations.Text(context, JinjaMethods.Argument(context, "raise_exception", a, n, 0, "message"))));
        scope["strftime_now"] = (JinjaFunction)((context, a, n) =>
            JinjaValue.Plain(JinjaMethods.Argument(context, "strftime_now", a, n, 0, "format")) is string format ? Format(context, format, time.GetLocalNow())
                : throw context.Wrong("found strftime_now without a format; expected a string"));
        foreach (var name in new[] { "cycler", "joiner", "lipsum", "super", "self", "include", "import" })
            scope[name] = (JinjaFunction)((context, _, _) => throw context.Wrong($"found {name}(), which is not supported"));
    }

    /// <summary>
    /// Runs a function, filter or method, and charges for its inputs and for a text that it returns. Lists and dictionaries are charged when they are built.
    /// </summary>
    public static object? Paid(JinjaContext context, object? subject, List<object?> positional, Dictionary<string, object?> named, Func<object?> work)
    {
        context.Handle(subject);
        foreach (var argument in positional)
            context.Handle(argument);
        foreach (var argument in named.Values)
            context.Handle(argument);
        var result = work();
        var (text, given) = (JinjaValue.Plain(result) as string, JinjaValue.Plain(subject) as string);
        if (text is not null && !ReferenceEquals(text, given))
            context.Made(text);
        return result;
    }

    /// <summary>Named values as a dictionary.</summary>
    public static JinjaDict Dictionary(JinjaContext context, Dictionary<string, object?> named)
    {
        var dict = new JinjaDict(context);
        foreach (var (name, value) in named)
            dict[name] = value;
        return dict;
    }

    static JinjaList Range(JinjaContext context, List<object?> a, Dictionary<string, object?> n)
    {
        if (a.Count is < 1 or > 3 || a.Exists(x => !JinjaValue.IsWhole(x)))
            throw context.Wrong("found range with arguments other than 1 to 3 whole numbers");
        var (from, to, step) =
            (a.Count == 1 ? 0 : JinjaValue.Whole(a[0]), JinjaValue.Whole(a[a.Count == 1 ? 0 : 1]), a.Count == 3 ? JinjaValue.Whole(a[2]) : 1);
        if (step == 0)
            throw context.Wrong("found range by steps of 0");
        var count = (Int128)(step > 0 ? (Int128)to - from + step - 1 : (Int128)from - to - step - 1) / Int128.Abs(step);
        context.CheckElements(count > long.MaxValue ? long.MaxValue : Math.Max(0, (long)count));
        return new JinjaList(context, Enumerable.Range(0, (int)Math.Max(0, (long)count)).Select(object? (i) => from + i * step));
    }

    /// <summary>strftime of C, in English; a minus before a letter drops leading zeros.</summary>
    static string Format(JinjaContext context, string format, DateTimeOffset now)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                context.CheckLength(text.Length);
                continue;
            }
            var bare = format[++i] == '-' && i + 1 < format.Length;
            if (bare)
                i++;
            var part = format[i] switch
            {
                'Y' => now.ToString("yyyy", CultureInfo.InvariantCulture),
                'y' => now.ToString("yy", CultureInfo.InvariantCulture),
                'm' => now.ToString("MM", CultureInfo.InvariantCulture),
                'd' => now.ToString("dd", CultureInfo.InvariantCulture),
                'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
                'B' => now.ToString("MMMM", CultureInfo.InvariantCulture),
                'b' or 'h' => now.ToString("MMM", CultureInfo.InvariantCulture),
                'A' => now.ToString("dddd", CultureInfo.InvariantCulture),
                'a' => now.ToString("ddd", CultureInfo.InvariantCulture),
                'H' => now.ToString("HH", CultureInfo.InvariantCulture),
                'I' => now.ToString("hh", CultureInfo.InvariantCulture),
                'M' => now.ToString("mm", CultureInfo.InvariantCulture),
                'S' => now.ToString("ss", CultureInfo.InvariantCulture),
                'p' => now.ToString("tt", CultureInfo.InvariantCulture),
                'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                'F' => now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                'T' => now.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
                'Z' => "",
                'z' => "",
                '%' => "%",
                var other => throw context.Wrong($"found %{other} in strftime_now; expected one of %Y %y %m %d %e %B %b %A %a %H %I %M %S %p %j %F %T %%"),
            };
            text.Append(bare ? part.TrimStart('0', ' ') is { Length: > 0 } short_ ? short_ : "0" : part);
        }
        return text.ToString();
    }
}
