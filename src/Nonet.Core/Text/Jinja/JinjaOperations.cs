using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>Operators, attributes, items and slices, with Python's rules.</summary>
static class JinjaOperations
{
    public static object? Apply(JinjaContext context, string op, object? x, object? y)
    {
        context.Spend();
        if (op == "~")
            return Joined(context, Text(context, x), Text(context, y));
        if (op == "+" && (x is JinjaMarkup || y is JinjaMarkup) && JinjaValue.Plain(x) is string && JinjaValue.Plain(y) is string)
            return new JinjaMarkup(Joined(context, Escaped(context, x), Escaped(context, y)));
        if (op == "+" && (x, y) is (string a, string b))
            return Joined(context, a, b);
        if (op == "+" && (x, y) is (JinjaList p, JinjaList q) && p.IsTuple == q.IsTuple)
        {
            context.CheckElements((long)p.Items.Count + q.Items.Count);
            return new JinjaList(context, p.Items.Concat(q.Items), p.IsTuple);
        }
        if (op == "%" && x is string or JinjaMarkup)
            return JinjaFormat.Percent(context, x, y is JinjaList { IsTuple: true } tuple ? tuple.Items : [y], y as JinjaDict);
        if (op == "*" && (x is string or JinjaMarkup or JinjaList || y is string or JinjaMarkup or JinjaList))
            return Repeated(context, x, y);
        if (JinjaValue.Number(x) is not { } m || JinjaValue.Number(y) is not { } n)
            throw context.Wrong($"found {op} between {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)}; expected "
                + $"{(op == "+" ? "two numbers, strings or lists" : "two numbers")}");
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

    static string Joined(JinjaContext context, string a, string b)
    {
        context.CheckLength((long)a.Length + b.Length);
        return context.Made(a + b);
    }

    /// <summary>Escapes a text for HTML. A text that is marked as safe does not change.</summary>
    public static string Escaped(JinjaContext context, object? x)
    {
        if (x is JinjaMarkup marked)
            return marked.Text;
        var text = Text(context, x);
        context.Spend(text.Length);
        return context.Made(text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("\"", "&#34;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal));
    }

    /// <summary>Computes a whole number. Throws if it does not fit in 64 bits.</summary>
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
        if (JinjaValue.Plain(what) is string text)
        {
            context.CheckLength(text.Length == 0 ? 0 : n > int.MaxValue ? long.MaxValue : text.Length * n);
            var repeated = context.Made(text.Length == 0 ? "" : new StringBuilder().Insert(0, text, (int)n).ToString());
            return what is JinjaMarkup ? new JinjaMarkup(repeated) : repeated;
        }
        var list = (JinjaList)what!;
        context.CheckElements(list.Items.Count == 0 ? 0 : n > int.MaxValue ? long.MaxValue : list.Items.Count * n);
        return new JinjaList(context, list.Items.Count == 0 ? [] : Enumerable.Range(0, (int)n).SelectMany(_ => list.Items), list.IsTuple);
    }

    public static bool Compare(JinjaContext context, string op, object? x, object? y)
    {
        switch (op)
        {
            case "==": return JinjaValue.Equal(context, x, y);
            case "!=": return !JinjaValue.Equal(context, x, y);
            case "in": return Contains(context, y, x);
            case "not in": return !Contains(context, y, x);
        }
        var order = JinjaValue.Compare(context, x, y)
            ?? throw context.Wrong($"found {op} between {JinjaValue.Kind(x)} and {JinjaValue.Kind(y)}; expected two numbers, strings or lists");
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    public static bool Contains(JinjaContext context, object? container, object? x)
    {
        switch (JinjaValue.Plain(container))
        {
            case string text:
                context.Spend(text.Length);
                return text.Contains(JinjaValue.Plain(x) as string ?? throw context.Wrong($"found {JinjaValue.Kind(x)} in a string; expected a string"),
                    StringComparison.Ordinal);
            case JinjaList list:
                context.Spend(list.Items.Count);
                return list.Items.Exists(item => JinjaValue.Equal(context, item, x));
            case JinjaDict dict:
                return dict.Has(Key(context, x));
            case Undefined:
                return false;
            default:
                throw context.Wrong($"found in {JinjaValue.Kind(container)}; expected a string, a list or a dictionary");
        }
    }

    /// <summary>Returns a value that is valid as a key. Throws for any other value.</summary>
    public static object? Key(JinjaContext context, object? x) =>
        x is null or bool or long or double or string or JinjaMarkup or JinjaList { IsTuple: true } ? x
        : throw context.Wrong($"found {JinjaValue.Kind(x)} as a key; expected a string or a number");

    /// <summary>The printed form of a value, within the limits.</summary>
    public static string Text(JinjaContext context, object? x) => JinjaValue.Text(context, context.Defined(x));

    /// <summary>x.name: a method of that name if the value has one, otherwise an item.</summary>
    public static object? Attribute(JinjaContext context, object? x, string name) => x switch
    {
        Undefined u => throw context.Wrong($"found {u.Name}.{name}, but {u.Name} is undefined"),
        JinjaNamespace space => space.Values.TryGetValue(name, out var value) ? value : new Undefined(name),
        JinjaLoop loop => loop[context, name],
        _ => (object?)JinjaMethods.Find(context, x, name) ?? (x is JinjaDict dict ? dict.Has(name) ? dict[name] : new Undefined(name) : new Undefined(name)),
    };

    /// <summary>x[key]: an item; for a key that is a text, an attribute if there is no such item.</summary>
    public static object? Item(JinjaContext context, object? x, object? key)
    {
        switch (x)
        {
            case Undefined u:
                throw context.Wrong($"found {u.Name}[{JinjaRepr.Shown(key)}], but {u.Name} is undefined");
            case JinjaDict dict when dict.Has(Key(context, key)):
                return dict[key];
            case JinjaList list when JinjaValue.IsWhole(key):
                return At(list.Items, JinjaValue.Whole(key), out var item) ? item : new Undefined($"item {JinjaValue.Whole(key)}");
            case string or JinjaMarkup when JinjaValue.IsWhole(key):
                return Character(context, (string)JinjaValue.Plain(x)!, JinjaValue.Whole(key)) is { } character ? x is JinjaMarkup ? new JinjaMarkup(character)
                    : character
                    : new Undefined($"character {JinjaValue.Whole(key)}");
            default:
                return JinjaValue.Plain(key) is string name ? Attribute(context, x, name) : new Undefined(JinjaRepr.Shown(key));
        }
    }

    /// <summary>A character by its index in code points; a negative index counts from the end. Null if the index is out of range.</summary>
    static string? Character(JinjaContext context, string text, long index)
    {
        context.Spend(text.Length);
        var runes = text.EnumerateRunes();
        index += index < 0 ? runes.Count() : 0;
        if (index < 0 || index >= text.Length)
            return null;
        foreach (var rune in runes)
        {
            if (index-- == 0)
                return rune.ToString();
        }
        return null;
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
        context.Handle(x);
        var text = JinjaValue.Plain(x) as string;
        var items = x as JinjaList;
        var runes = text is not null && text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? text.EnumerateRunes().ToArray() : null;
        if (text is null && items is null)
            throw context.Wrong($"found a slice of {JinjaValue.Kind(x)}; expected a string or a list");
        var by = Bound(step) ?? 1;
        if (by == 0)
            throw context.Wrong("found a slice by steps of 0");
        long count = runes?.Length ?? text?.Length ?? items!.Items.Count, first = Clamp(Bound(from), by > 0 ? 0 : count - 1),
            last = Clamp(Bound(to), by > 0 ? count : -1);
        var stride = Math.Clamp(by, -count - 1, count + 1);
        if (items is not null)
            return new JinjaList(context, Places().Select(i => items.Items[i]), items.IsTuple);
        var taken = context.Made(
            runes is not null ? string.Concat(Places().Select(i => runes[i])) : by == 1 ? text![(int)first..(int)Math.Max(first, last)]
            : new string([.. Places().Select(i => text![i])]));
        return x is JinjaMarkup ? new JinjaMarkup(taken) : taken;

        IEnumerable<int> Places()
        {
            for (var i = first; by > 0 ? i < last : i > last; i += stride)
                yield return (int)i;
        }

        long? Bound(object? bound) =>
            bound is null ? null : JinjaValue.IsWhole(bound) ? JinjaValue.Whole(bound)
            : throw context.Wrong($"found {JinjaValue.Kind(bound)} in a slice; expected a whole number");
        long Clamp(long? bound, long otherwise) =>
            bound is not { } b ? otherwise : Math.Clamp(b < 0 ? Math.Max(b, -count - 1) + count : b, by > 0 ? 0 : -1, by > 0 ? count : count - 1);
    }
}
