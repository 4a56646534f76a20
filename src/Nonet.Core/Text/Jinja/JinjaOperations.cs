using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>Operators, attributes, items and slices, with Python's rules.</summary>
static class JinjaOperations
{
    public static object? Apply(JinjaContext context, string op, object? x, object? y)
    {
        if (op == "~")
            return context.Checked(Text(context, x) + Text(context, y));
        if (op == "+" && (x, y) is (string a, string b))
            return context.Checked(a + b);
        if (op == "+" && (x, y) is (JinjaList p, JinjaList q) && p.IsTuple == q.IsTuple)
        {
            context.CheckElements((long)p.Items.Count + q.Items.Count);
            return new JinjaList(p.Items.Concat(q.Items), p.IsTuple);
        }
        if (op == "*" && (x is string or JinjaList || y is string or JinjaList))
            return Repeated(context, x, y);
        if (JinjaValue.Number(x) is not { } m || JinjaValue.Number(y) is not { } n)
            throw context.Wrong($"found {op} between {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)}; expected {(op == "+" ? "two numbers, strings or lists" : "two numbers")}");
        if (op is "/" or "//" or "%" && n == 0)
            throw context.Wrong($"found {op} by zero");
        if (op == "/")
            return m / n;
        if (!JinjaValue.IsWhole(x) || !JinjaValue.IsWhole(y))
        {
            return op switch
            {
                "+" => m + n,
                "-" => m - n,
                "*" => m * n,
                "//" => Math.Floor(m / n),
                "%" => m - n * Math.Floor(m / n),
                _ => Math.Pow(m, n),
            };
        }
        var (i, j) = (JinjaValue.Whole(x), JinjaValue.Whole(y));
        return op switch
        {
            "+" => Whole(context, () => checked(i + j)),
            "-" => Whole(context, () => checked(i - j)),
            "*" => Whole(context, () => checked(i * j)),
            "//" => Whole(context, () => Divide(i, j)),
            "%" => Whole(context, () => j == -1 ? 0 : checked(i - j * Divide(i, j))),
            _ when j < 0 => Math.Pow(i, j),
            _ => Whole(context, () => Power(i, j)),
        };
    }

    /// <summary>A whole number; what does not fit 64 bits is refused.</summary>
    public static object Whole(JinjaContext context, Func<long> compute)
    {
        try
        {
            return compute();
        }
        catch (OverflowException)
        {
            throw context.Wrong("found a number beyond 64 bits");
        }
    }

    static long Divide(long i, long j)
    {
        var quotient = checked(i / j);
        return i % j != 0 && i < 0 != j < 0 ? quotient - 1 : quotient;
    }

    static long Power(long i, long j)
    {
        if (i is 0 or 1 or -1)
            return j == 0 ? 1 : i == -1 && j % 2 == 0 ? 1 : i;
        var result = 1L;
        for (; j > 0; j--)
            result = checked(result * i); // ends within 63 steps
        return result;
    }

    static object Repeated(JinjaContext context, object? x, object? y)
    {
        var (what, times) = JinjaValue.IsWhole(y) ? (x, y) : (y, x);
        if (!JinjaValue.IsWhole(times))
            throw context.Wrong($"found * between {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)}; expected a whole number beside a string or list");
        var n = Math.Max(0, JinjaValue.Whole(times));
        if (what is string text)
        {
            context.CheckLength(text.Length == 0 ? 0 : n > int.MaxValue ? long.MaxValue : text.Length * n);
            return context.Checked(text.Length == 0 ? "" : new StringBuilder().Insert(0, text, (int)n).ToString());
        }
        var list = (JinjaList)what!;
        context.CheckElements(list.Items.Count == 0 ? 0 : n > int.MaxValue ? long.MaxValue : list.Items.Count * n);
        return new JinjaList(list.Items.Count == 0 ? [] : Enumerable.Range(0, (int)n).SelectMany(_ => list.Items), list.IsTuple);
    }

    public static bool Compare(JinjaContext context, string op, object? x, object? y)
    {
        switch (op)
        {
            case "==": return JinjaValue.Equal(x, y);
            case "!=": return !JinjaValue.Equal(x, y);
            case "in": return Contains(context, y, x);
            case "not in": return !Contains(context, y, x);
        }
        var order = JinjaValue.Compare(x, y) ?? throw context.Wrong($"found {op} between {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)}; expected two numbers, strings or lists");
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    public static bool Contains(JinjaContext context, object? container, object? x)
    {
        switch (container)
        {
            case string text:
                context.Spend(text.Length);
                return text.Contains(x as string ?? throw context.Wrong($"found {JinjaValue.Kind(x)} in a string; expected a string"), StringComparison.Ordinal);
            case JinjaList list:
                context.Spend(list.Items.Count);
                return list.Items.Exists(item => JinjaValue.Equal(item, x));
            case JinjaDict dict:
                return dict.Has(Key(context, x));
            case Undefined:
                return false;
            default:
                throw context.Wrong($"found in {JinjaValue.Kind(container)}; expected a string, a list or a dictionary");
        }
    }

    /// <summary>A value that may be a key.</summary>
    public static object? Key(JinjaContext context, object? x) => x is null or bool or long or double or string || x is JinjaList { IsTuple: true } ? x
        : throw context.Wrong($"found {JinjaValue.Kind(x)} as a key; expected a string or a number");

    /// <summary>What a value prints as, within the limits.</summary>
    public static string Text(JinjaContext context, object? x)
    {
        if (x is string s)
            return s;
        Measure(context, x, 0);
        return context.Checked(JinjaValue.Text(x));
    }

    /// <summary>Refuses to print what is too large, shared parts counted each time.</summary>
    static void Measure(JinjaContext context, object? x, int depth)
    {
        if (depth > 100)
            throw context.Wrong("found lists more than 100 deep");
        context.Spend((x as string)?.Length ?? 0);
        foreach (var item in x is JinjaList list ? list.Items : x is JinjaDict dict ? dict.Keys.Select(k => dict[k]) : [])
            Measure(context, item, depth + 1);
    }

    /// <summary>x.name: a method where the kind of value has one of that name, else an item.</summary>
    public static object? Attribute(JinjaContext context, object? x, string name) => x switch
    {
        Undefined u => throw context.Wrong($"found {u.Name}.{name}, but {u.Name} is undefined"),
        JinjaNamespace space => space.Values.TryGetValue(name, out var value) ? value : new Undefined(name),
        JinjaLoop loop => loop[context, name],
        _ => (object?)JinjaMethods.Find(x, name) ?? (x is JinjaDict dict ? dict.Has(name) ? dict[name] : new Undefined(name) : new Undefined(name)),
    };

    /// <summary>x[key]: an item, else, of a text, an attribute.</summary>
    public static object? Item(JinjaContext context, object? x, object? key)
    {
        switch (x)
        {
            case Undefined u:
                throw context.Wrong($"found {u.Name}[{JinjaValue.Repr(key)}], but {u.Name} is undefined");
            case JinjaDict dict when dict.Has(Key(context, key)):
                return dict[key];
            case JinjaList list when JinjaValue.IsWhole(key):
                return At(list.Items, JinjaValue.Whole(key), out var item) ? item : new Undefined($"item {JinjaValue.Whole(key)}");
            case string text when JinjaValue.IsWhole(key):
                context.Spend(text.Length);
                return At([.. JinjaValue.Iterate(text)!], JinjaValue.Whole(key), out var character) ? character : new Undefined($"character {JinjaValue.Whole(key)}");
            default:
                return key is string name ? Attribute(context, x, name) : new Undefined(JinjaValue.Text(key));
        }
    }

    static bool At(List<object?> items, long index, out object? item)
    {
        index += index < 0 ? items.Count : 0;
        var found = index >= 0 && index < items.Count;
        item = found ? items[(int)index] : null;
        return found;
    }

    public static object? Slice(JinjaContext context, object? x, object? from, object? to, object? step)
    {
        var items = x is string or JinjaList ? JinjaValue.Iterate(x)!.ToList() : throw context.Wrong($"found a slice of {JinjaValue.Kind(x)}; expected a string or a list");
        context.Spend(items.Count);
        var by = Bound(step) ?? 1;
        if (by == 0)
            throw context.Wrong("found a slice by steps of 0");
        long count = items.Count, first = Clamp(Bound(from), by > 0 ? 0 : count - 1), last = Clamp(Bound(to), by > 0 ? count : -1);
        var taken = new List<object?>();
        for (var i = first; by > 0 ? i < last : i > last; i += Math.Clamp(by, -count - 1, count + 1))
            taken.Add(items[(int)i]);
        return x is string ? string.Concat(taken) : new JinjaList(taken, ((JinjaList)x).IsTuple);

        long? Bound(object? bound) => bound is null ? null : JinjaValue.IsWhole(bound) ? JinjaValue.Whole(bound) : throw context.Wrong($"found {JinjaValue.Kind(bound)} in a slice; expected a whole number");
        long Clamp(long? bound, long otherwise) => bound is not { } b ? otherwise : Math.Clamp(b < 0 ? Math.Max(b, -count - 1) + count : b, by > 0 ? 0 : -1, by > 0 ? count : count - 1);
    }
}
