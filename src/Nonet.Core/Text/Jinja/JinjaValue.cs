namespace Nonet.Text.Jinja;

/// <summary>An undefined variable. It prints as an empty text and counts as false and empty; any other use is an error.</summary>
sealed record Undefined(string Name);

/// <summary>A text marked as safe: text that is joined to it with + is escaped first, as in markupsafe.</summary>
sealed record JinjaMarkup(string Text);

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
    /// <summary>Represents None as a key.</summary>
    public static readonly object None = new();

    /// <summary>Number of levels of nested lists and dictionaries in a value.</summary>
    public static int DepthOf(object? x) => x switch { JinjaList list => list.Depth, JinjaDict dict => dict.Depth, _ => 0 };

    /// <summary>The plain text of a text that is marked as safe; any other value does not change.</summary>
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

    /// <summary>A negative number, 0 or a positive number; null if the values cannot be compared.</summary>
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

    /// <summary>Compares by code points: units of surrogate pairs come after all others.</summary>
    static int CompareTexts(string x, string y)
    {
        var at = x.AsSpan().CommonPrefixLength(y);
        if (at == x.Length || at == y.Length)
            return x.Length.CompareTo(y.Length);
        return char.IsSurrogate(x[at]) == char.IsSurrogate(y[at]) ? x[at].CompareTo(y[at]) : char.IsSurrogate(x[at]) ? 1 : -1;
    }

    /// <summary>The value of a number or boolean; null for anything else.</summary>
    public static double? Number(object? x) => x switch { bool b => b ? 1 : 0, long n => n, double d => d, _ => null };

    public static long Whole(object? x) => x switch { bool b => b ? 1 : 0, long n => n, _ => throw new InvalidOperationException() };

    public static bool IsWhole(object? x) => x is bool or long;

    /// <summary>The elements of a list, a dictionary, a string or an undefined value; null for a value that cannot be iterated.</summary>
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
        _ => JinjaRepr.Of(context, x),
    };

    /// <summary>Kind of a value, for messages.</summary>
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
