using System.Globalization;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>An undefined variable: it prints as an empty text, is false and empty; any other use is an error.</summary>
sealed record Undefined(string Name);

/// <summary>A text marked as safe: text that is joined to it with + is escaped first, as in markupsafe.</summary>
sealed record JinjaMarkup(string Text);

/// <summary>A list or a tuple. It is immutable, and its depth is within the limits.</summary>
sealed class JinjaList
{
    /// <summary>A list that a template creates and pays for element by element.</summary>
    public JinjaList(JinjaContext context, IEnumerable<object?> items, bool isTuple = false)
    {
        IsTuple = isTuple;
        foreach (var item in items)
        {
            Items.Add(item);
            Depth = Math.Max(Depth, JinjaValue.DepthOf(item) + 1);
            context.MadeElement(Items.Count);
        }
        context.CheckDepth(Depth);
    }

    JinjaList(List<object?> items)
    {
        Items = items;
        Depth = 1 + items.Select(JinjaValue.DepthOf).DefaultIfEmpty(0).Max();
    }

    /// <summary>A list among the variables, which is free.</summary>
    public static JinjaList Given(IEnumerable<object?> items) => new([.. items]);

    public List<object?> Items { get; } = [];
    public bool IsTuple { get; }

    /// <summary>Levels of lists and dictionaries, this one included.</summary>
    public int Depth { get; } = 1;
}

/// <summary>A dictionary, in the order of its keys' arrival. It changes only while it is being made.</summary>
/// <param name="context">Pays for the entries and compares keys.</param>
/// <param name="given">Whether it is among the variables and costs nothing.</param>
sealed class JinjaDict(JinjaContext context, bool given = false)
{
    readonly List<object?> keys = [];
    readonly Dictionary<object, object?> values = new(context.Keys);

    public IReadOnlyList<object?> Keys => keys;
    public int Count => keys.Count;

    /// <summary>Levels of lists and dictionaries, this one included.</summary>
    public int Depth { get; private set; } = 1;

    /// <summary>A value; <see cref="Undefined"/> if there is none.</summary>
    public object? this[object? key]
    {
        get => values.TryGetValue(key ?? JinjaValue.None, out var value) ? value : new Undefined(JinjaValue.Shown(key));
        set
        {
            Depth = Math.Max(Depth, Math.Max(JinjaValue.DepthOf(key), JinjaValue.DepthOf(value)) + 1);
            if (values.TryAdd(key ?? JinjaValue.None, value))
                keys.Add(key);
            else
                values[key ?? JinjaValue.None] = value;
            if (given)
                return;
            context.MadeEntry(keys.Count);
            context.CheckDepth(Depth);
        }
    }

    public bool Has(object? key) => values.ContainsKey(key ?? JinjaValue.None);
}

/// <summary>namespace(...): the only value whose attributes a template can set.</summary>
sealed class JinjaNamespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>A function with positional and named arguments.</summary>
delegate object? JinjaFunction(JinjaContext context, List<object?> arguments, Dictionary<string, object?> named);

/// <summary>
/// Python's rules for the values of a template: null, bool, long, double, string, list, dictionary, namespace, function, undefined.
/// </summary>
static class JinjaValue
{
    /// <summary>Stands for None as a key.</summary>
    public static readonly object None = new();

    /// <summary>Levels of lists and dictionaries.</summary>
    public static int DepthOf(object? x) => x switch { JinjaList list => list.Depth, JinjaDict dict => dict.Depth, _ => 0 };

    /// <summary>A marked text as a text.</summary>
    public static object? Plain(object? x) => x is JinjaMarkup markup ? markup.Text : x;

    public static bool IsTrue(object? x) => x switch
    {
        null or Undefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        JinjaMarkup m => m.Text.Length > 0,
        JinjaList list => list.Items.Count > 0,
        JinjaDict dict => dict.Count > 0,
        _ => true,
    };

    public static bool Equal(JinjaContext context, object? a, object? b)
    {
        (a, b) = (Plain(a), Plain(b));
        context.Spend(a is string s && b is string t && s.Length == t.Length ? s.Length : 0);
        return (Number(a), Number(b)) switch
        {
            ({ } x, { } y) => a is double || b is double ? x == y : Whole(a) == Whole(b),
            _ => (a, b) switch
            {
                (null, null) => true,
                (string x, string y) => x == y,
                (JinjaList x, JinjaList y) =>
                    x.IsTuple == y.IsTuple && x.Items.Count == y.Items.Count && x.Items.Zip(y.Items).All(p => Equal(context, p.First, p.Second)),
                (JinjaDict x, JinjaDict y) => x.Count == y.Count && x.Keys.All(k => y.Has(k) && Equal(context, x[k], y[k])),
                (Undefined, Undefined) => true,
                _ => ReferenceEquals(a, b),
            },
        };
    }

    /// <summary>Below 0, 0 or above; null if the two have no order.</summary>
    public static int? Compare(JinjaContext context, object? a, object? b)
    {
        (a, b) = (Plain(a), Plain(b));
        context.Spend(a is string s && b is string t ? Math.Min(s.Length, t.Length) : 0);
        if (a is string x && b is string y)
            return CompareTexts(x, y);
        if (Number(a) is { } m && Number(b) is { } n)
            return a is double || b is double ? m.CompareTo(n) : Whole(a).CompareTo(Whole(b));
        if (a is not JinjaList p || b is not JinjaList q)
            return null;
        foreach (var (first, second) in p.Items.Zip(q.Items))
        {
            if (!Equal(context, first, second))
                return Compare(context, first, second);
        }
        return p.Items.Count.CompareTo(q.Items.Count);
    }

    /// <summary>By code points: units of surrogate pairs come after all others.</summary>
    static int CompareTexts(string x, string y)
    {
        var at = x.AsSpan().CommonPrefixLength(y);
        if (at == x.Length || at == y.Length)
            return x.Length.CompareTo(y.Length);
        return char.IsSurrogate(x[at]) == char.IsSurrogate(y[at]) ? x[at].CompareTo(y[at]) : char.IsSurrogate(x[at]) ? 1 : -1;
    }

    /// <summary>A number, booleans among them; null for anything else.</summary>
    public static double? Number(object? x) => x switch { bool b => b ? 1 : 0, long n => n, double d => d, _ => null };

    public static long Whole(object? x) => x switch { bool b => b ? 1 : 0, long n => n, _ => throw new InvalidOperationException() };

    public static bool IsWhole(object? x) => x is bool or long;

    /// <summary>What a list, a dictionary, a string or nothing gives one by one; null for what does not.</summary>
    public static IEnumerable<object?>? Iterate(object? x) => x switch
    {
        JinjaList list => list.Items,
        JinjaDict dict => dict.Keys,
        JinjaMarkup m => Iterate(m.Text),
        string s => s.EnumerateRunes().Select(object? (r) => r.ToString()),
        Undefined => [],
        _ => null,
    };

    /// <summary>str(x).</summary>
    public static string Text(JinjaContext context, object? x) => x switch
    {
        string s => s,
        JinjaMarkup m => m.Text,
        Undefined => "",
        _ => Repr(context, x),
    };

    /// <summary>repr(x).</summary>
    public static string Repr(JinjaContext context, object? x)
    {
        var text = new StringBuilder();
        Append(text, x, length =>
        {
            context.CheckLength(length);
            context.Spend();
            return true;
        });
        return context.Made(text.ToString());
    }

    /// <summary>The beginning of repr(x), for messages.</summary>
    public static string Shown(object? x)
    {
        const int Longest = 60;
        if (x is string { Length: > Longest } s)
            x = s[..Longest];
        var text = new StringBuilder();
        Append(text, x is JinjaMarkup m ? m.Text : x, length => length <= Longest);
        return text.Length <= Longest ? text.ToString() : text.ToString(0, Longest - 3) + "...";
    }

    /// <summary>Appends repr(x), which is no deeper than lists may be.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="x">The value.</param>
    /// <param name="goesOn">Told of the length before each part; says whether more is wanted.</param>
    static void Append(StringBuilder text, object? x, Func<int, bool> goesOn)
    {
        if (!goesOn(text.Length))
            return;
        switch (x)
        {
            case null: text.Append("None"); break;
            case bool b: text.Append(b ? "True" : "False"); break;
            case long n: text.Append(n); break;
            case double d: text.Append(Float(d)); break;
            case string s: Quote(text, s, goesOn); break;
            case JinjaMarkup m:
                text.Append("Markup(");
                Quote(text, m.Text, goesOn);
                text.Append(')');
                break;
            case JinjaList list:
                text.Append(list.IsTuple ? '(' : '[');
                for (var i = 0; i < list.Items.Count && goesOn(text.Length); i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    Append(text, list.Items[i], goesOn);
                }
                text.Append(list is { IsTuple: true, Items.Count: 1 } ? ",)" : list.IsTuple ? ")" : "]");
                break;
            case JinjaDict dict:
                text.Append('{');
                for (var i = 0; i < dict.Count && goesOn(text.Length); i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    Append(text, dict.Keys[i], goesOn);
                    text.Append(": ");
                    Append(text, dict[dict.Keys[i]], goesOn);
                }
                text.Append('}');
                break;
            case Undefined: text.Append("Undefined"); break;
            case JinjaNamespace: text.Append("<Namespace>"); break;
            default: text.Append("<function>"); break;
        }
    }

    /// <summary>Python's repr of a float: the shortest digits, with an exponent below 1e-4 and from 1e16 on.</summary>
    public static string Float(double d)
    {
        if (double.IsNaN(d))
            return "nan";
        if (double.IsInfinity(d))
            return d > 0 ? "inf" : "-inf";
        if (d == 0)
            return double.IsNegative(d) ? "-0.0" : "0.0";
        if (Math.Abs(d) is >= 1e-4 and < 1e16)
        {
            var plain = d.ToString("R", CultureInfo.InvariantCulture);
            if (plain.Contains('E', StringComparison.Ordinal))
                plain = d.ToString("0.####################", CultureInfo.InvariantCulture);
            return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
        }
        var parts = d.ToString("E16", CultureInfo.InvariantCulture);
        for (var digits = 0; digits < 17; digits++)
        {
            parts = d.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(parts, CultureInfo.InvariantCulture) == d)
                break;
        }
        var (mantissa, exponent) =
            (parts[..parts.IndexOf('E', StringComparison.Ordinal)],
            int.Parse(parts[(parts.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture));
        return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
    }

    static void Quote(StringBuilder text, string s, Func<int, bool> goesOn)
    {
        var quote = s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        for (var i = 0; i < s.Length; i++)
        {
            if (i % 256 == 255 && !goesOn(text.Length))
                break;
            var c = s[i];
            _ = c switch
            {
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\\' => text.Append("\\\\"),
                _ when c == quote => text.Append('\\').Append(c),
                _ when c is < ' ' or (>= '\x7f' and <= '\xa0') or '\xad' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }
        text.Append(quote);
    }

    /// <summary>What kind of value it is, for messages.</summary>
    public static string Kind(object? x) => x switch
    {
        null => "none",
        bool => "a boolean",
        long or double => "a number",
        string or JinjaMarkup => "a string",
        JinjaList => "a list",
        JinjaDict => "a dictionary",
        JinjaNamespace => "a namespace",
        Undefined u => $"'{(u.Name.Length <= 60 ? u.Name : u.Name[..57] + "...")}', which is undefined",
        _ => "a function",
    };
}

/// <summary>1, 1.0 and True are one key, and a marked text is its text.</summary>
sealed class JinjaKeys(JinjaContext context) : IEqualityComparer<object>
{
    const int Members = 8, Levels = 3; // of a tuple, whose whole may be huge

    bool IEqualityComparer<object>.Equals(object? x, object? y) => JinjaValue.Equal(context, x, y);

    public int GetHashCode(object x)
    {
        context.Handle(x);
        return Hash(x, Levels);
    }

    static int Hash(object? x, int levels) => x switch
    {
        bool b => b ? 1 : 0,
        long n => n.GetHashCode(),
        double d when d == Math.Floor(d) && Math.Abs(d) < 9e15 => ((long)d).GetHashCode(),
        JinjaMarkup m => m.Text.GetHashCode(StringComparison.Ordinal),
        JinjaList list when levels > 0 => list.Items.Take(Members).Aggregate(list.Items.Count, (hash, item) => HashCode.Combine(hash, Hash(item, levels - 1))),
        JinjaList list => list.Items.Count,
        JinjaDict dict => dict.Count,
        null => 0,
        _ => x.GetHashCode(),
    };
}
