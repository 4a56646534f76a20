using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>A variable that has no value: prints as nothing, is false and empty; anything else that is asked of it is an error.</summary>
sealed record Undefined(string Name);

/// <summary>A list or a tuple.</summary>
sealed class JinjaList(IEnumerable<object?> items, bool isTuple = false)
{
    public List<object?> Items { get; } = [.. items];
    public bool IsTuple { get; } = isTuple;
}

/// <summary>A dictionary, in the order of its keys' arrival.</summary>
sealed class JinjaDict
{
    readonly List<object?> keys = [];
    readonly Dictionary<object, object?> values = new(JinjaValue.Keys);

    public IReadOnlyList<object?> Keys => keys;
    public int Count => keys.Count;

    /// <summary>A value; <see cref="Undefined"/> where there is none.</summary>
    public object? this[object? key]
    {
        get => values.TryGetValue(key ?? JinjaValue.None, out var value) ? value : new Undefined(JinjaValue.Text(key));
        set
        {
            if (values.TryAdd(key ?? JinjaValue.None, value))
                keys.Add(key);
            else
                values[key ?? JinjaValue.None] = value;
        }
    }

    public bool Has(object? key) => values.ContainsKey(key ?? JinjaValue.None);
}

/// <summary>namespace(...): the one thing whose attributes a template can set.</summary>
sealed class JinjaNamespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that can be called with positional and named arguments.</summary>
delegate object? JinjaFunction(JinjaContext context, List<object?> arguments, Dictionary<string, object?> named);

/// <summary>Python's rules for the closed set of values: null, bool, long, double, string, list, dictionary, namespace, function, undefined.</summary>
static class JinjaValue
{
    /// <summary>Stands for None as a key.</summary>
    public static readonly object None = new();

    /// <summary>1, 1.0 and True are one key.</summary>
    public static readonly IEqualityComparer<object> Keys = new KeyComparer();

    sealed class KeyComparer : IEqualityComparer<object>
    {
        bool IEqualityComparer<object>.Equals(object? x, object? y) => JinjaValue.Equal(x, y);
        public int GetHashCode(object x) => x switch { bool b => b ? 1 : 0, long n => n.GetHashCode(), double d when d == Math.Floor(d) && Math.Abs(d) < 9e15 => ((long)d).GetHashCode(), JinjaList list => list.Items.Count, _ => x.GetHashCode() };
    }

    public static bool IsTrue(object? x) => x switch
    {
        null or Undefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        JinjaList list => list.Items.Count > 0,
        JinjaDict dict => dict.Count > 0,
        _ => true,
    };

    /// <summary>Comparisons of values that this thread may yet make: lists within lists can hold far more than was ever made.</summary>
    [ThreadStatic] static int comparisons;

    public static void AllowComparisons(int count) => comparisons = count;

    static void Count()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (--comparisons < 0)
            throw new InsufficientExecutionStackException();
    }

    public static bool Equal(object? a, object? b)
    {
        Count();
        return AreEqual(a, b);
    }

    static bool AreEqual(object? a, object? b) => (Number(a), Number(b)) switch
    {
        ({ } x, { } y) => a is double || b is double ? x == y : Whole(a) == Whole(b),
        _ => (a, b) switch
        {
            (null, null) => true,
            (string x, string y) => x == y,
            (JinjaList x, JinjaList y) => x.IsTuple == y.IsTuple && x.Items.Count == y.Items.Count && x.Items.Zip(y.Items).All(p => Equal(p.First, p.Second)),
            (JinjaDict x, JinjaDict y) => x.Count == y.Count && x.Keys.All(k => y.Has(k) && Equal(x[k], y[k])),
            (Undefined, Undefined) => true,
            _ => ReferenceEquals(a, b),
        },
    };

    /// <summary>Below 0, 0 or above; null where the two have no order.</summary>
    public static int? Compare(object? a, object? b)
    {
        Count();
        if (a is string x && b is string y)
            return string.CompareOrdinal(x, y);
        if (Number(a) is { } m && Number(b) is { } n)
            return a is double || b is double ? m.CompareTo(n) : Whole(a).CompareTo(Whole(b));
        if (a is not JinjaList p || b is not JinjaList q)
            return null;
        foreach (var (first, second) in p.Items.Zip(q.Items))
        {
            if (!Equal(first, second))
                return Compare(first, second);
        }
        return p.Items.Count.CompareTo(q.Items.Count);
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
        string s => s.EnumerateRunes().Select(object? (r) => r.ToString()),
        Undefined => [],
        _ => null,
    };

    /// <summary>str(x).</summary>
    public static string Text(object? x) => x switch
    {
        string s => s,
        Undefined => "",
        _ => Repr(x),
    };

    /// <summary>repr(x).</summary>
    public static string Repr(object? x) => x switch
    {
        null => "None",
        bool b => b ? "True" : "False",
        long n => n.ToString(CultureInfo.InvariantCulture),
        double d => Float(d),
        string s => Quoted(s),
        JinjaList { IsTuple: true, Items: [var only] } => $"({Repr(only)},)",
        JinjaList list => (list.IsTuple ? "(" : "[") + string.Join(", ", list.Items.Select(Repr)) + (list.IsTuple ? ")" : "]"),
        JinjaDict dict => "{" + string.Join(", ", dict.Keys.Select(k => $"{Repr(k)}: {Repr(dict[k])}")) + "}",
        Undefined => "Undefined",
        JinjaNamespace => "<Namespace>",
        _ => "<function>",
    };

    /// <summary>Python's repr of a float: the shortest digits, with an exponent below 1e-4 and from 1e16 on.</summary>
    static string Float(double d)
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
        var (mantissa, exponent) = (parts[..parts.IndexOf('E', StringComparison.Ordinal)], int.Parse(parts[(parts.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture));
        return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
    }

    static string Quoted(string s)
    {
        var quote = s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var text = new StringBuilder().Append(quote);
        foreach (var c in s)
        {
            _ = c switch
            {
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\\' => text.Append("\\\\"),
                _ when c == quote => text.Append('\\').Append(c),
                _ when c < ' ' || c == '\x7f' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }
        return text.Append(quote).ToString();
    }

    /// <summary>What kind of value it is, for messages.</summary>
    public static string Kind(object? x) => x switch
    {
        null => "none",
        bool => "a boolean",
        long or double => "a number",
        string => "a string",
        JinjaList => "a list",
        JinjaDict => "a dictionary",
        JinjaNamespace => "a namespace",
        Undefined u => $"'{u.Name}', which is undefined",
        _ => "a function",
    };
}
