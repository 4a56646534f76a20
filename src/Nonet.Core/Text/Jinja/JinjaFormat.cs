using System.Globalization;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>Python's two kinds of formatting: '%s is %d' % (x, y), and '{} is {name:>5}'.format(x, name=y).</summary>
static class JinjaFormat
{
    /// <summary>Printf-style formatting.</summary>
    /// <param name="context">Is charged for the work.</param>
    /// <param name="format">The format string. If it is marked as safe, the values are escaped.</param>
    /// <param name="values">The values, in order.</param>
    /// <param name="named">The values of %(name)s; null: none.</param>
    public static object Percent(JinjaContext context, object? format, IReadOnlyList<object?> values, JinjaDict? named)
    {
        var (text, result, next, at) = ((string)JinjaValue.Plain(format)!, new StringBuilder(), 0, 0);
        context.Spend(text.Length);
        while (at < text.Length)
        {
            var percent = text.IndexOf('%', at);
            result.Append(text, at, (percent < 0 ? text.Length : percent) - at);
            if (percent < 0)
                break;
            at = percent + 1;
            object? value = null;
            var byName = false;
            if (at < text.Length && text[at] == '(')
            {
                var end = text.IndexOf(')', at);
                if (named is null || end < 0)
                    throw context.Wrong("found %(name) in a format; expected a dictionary with that name, and a closing )");
                (value, byName, at) = (JinjaOperations.Item(context, named, text[(at + 1)..end]), true, end + 1);
            }
            var flags = Take(text, ref at, "-+ #0");
            var width = Number(context, text, ref at, Next);
            int? precision = null;
            if (at < text.Length && text[at] == '.')
            {
                at++;
                precision = Number(context, text, ref at, Next) ?? 0;
            }
            Take(text, ref at, "hlL");
            if (at == text.Length)
                throw context.Wrong("found a format that ends within %; expected a letter after it");
            var kind = text[at++];
            if (kind == '%')
            {
                result.Append('%');
                continue;
            }
            value = byName ? value : Next();
            var shown = Shown(context, kind, value, precision, flags.Contains('#', StringComparison.Ordinal));
            if (format is JinjaMarkup && kind is 's' or 'r' or 'a')
                shown = JinjaOperations.Escaped(context, value is JinjaMarkup && kind == 's' ? value : shown);
            var isNumber = kind is not ('s' or 'r' or 'a' or 'c');
            if (isNumber && !shown.StartsWith('-'))
                shown = flags.Contains('+', StringComparison.Ordinal) ? "+" + shown : flags.Contains(' ', StringComparison.Ordinal) ? " " + shown : shown;
            var (left, zeros) = (flags.Contains('-', StringComparison.Ordinal), isNumber && flags.Contains('0', StringComparison.Ordinal));
            Pad(result, shown, width ?? 0, left ? '<' : zeros ? '=' : '>', zeros && !left ? "0" : " ");
            context.CheckLength(result.Length);
        }
        if (named is null && next < values.Count)
            throw context.Wrong($"found {values.Count} values for a format that takes {next}");
        var made = context.Made(result.ToString());
        return format is JinjaMarkup ? new JinjaMarkup(made) : made;

        object? Next() => next < values.Count ? values[next++] : throw context.Wrong($"found a format that takes more than {values.Count} values");
    }

    static string Take(string text, ref int at, string characters)
    {
        var start = at;
        while (at < text.Length && characters.Contains(text[at], StringComparison.Ordinal))
            at++;
        return text[start..at];
    }

    /// <summary>A width or precision: digits, or * for the next value; null if none is given.</summary>
    static int? Number(JinjaContext context, string text, ref int at, Func<object?>? star)
    {
        if (star is not null && at < text.Length && text[at] == '*')
        {
            at++;
            return star() is long n and >= 0 and <= 10_000 ? (int)n : throw context.Wrong("found * in a format with another value than 0 to 10000");
        }
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        if (at == start)
            return null;
        return int.TryParse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture, out var number) && number <= 10_000 ? number
            : throw context.Wrong("found a width or precision in a format that is more than 10000");
    }

    static string Shown(JinjaContext context, char kind, object? value, int? precision, bool prefixed)
    {
        switch (kind)
        {
            case 's' or 'r' or 'a':
                var text = kind == 's' ? JinjaOperations.Text(context, value) : JinjaRepr.Of(context, value);
                return precision is { } most ? FirstCharacters(text, most) : text;
            case 'c':
                return JinjaValue.Plain(value) is string { Length: 1 or 2 } character ? character
                    : value is long code && code is >= 0 and <= 0x10FFFF && Rune.IsValid((int)code) ? new Rune((int)code).ToString()
                    : throw context.Wrong("found %c of other than a character");
            case 'd' or 'i' or 'u':
                if (JinjaValue.Number(value) is not { } number || Math.Abs(number) >= 9e18)
                    throw context.Wrong($"found %{kind} of {JinjaValue.Kind(value)}; expected a number");
                return Digits(JinjaValue.IsWhole(value) ? JinjaValue.Whole(value) : (long)number, precision);
            case 'x' or 'X' or 'o':
                if (!JinjaValue.IsWhole(value))
                    throw context.Wrong($"found %{kind} of {JinjaValue.Kind(value)}; expected a whole number");
                return (JinjaValue.Whole(value) < 0 ? "-" : "") + (prefixed ? kind == 'o' ? "0o" : "0" + kind : "")
                    + Unsigned(Int128.Abs(JinjaValue.Whole(value)), kind);
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                return JinjaValue.Number(value) is { } real ? Real(real, kind, precision ?? 6, prefixed)
                    : throw context.Wrong($"found %{kind} of {JinjaValue.Kind(value)}; expected a number");
            default:
                throw context.Wrong($"found %{kind} in a format; expected one of %s %r %d %i %x %o %f %e %g %c %%");
        }
    }

    static string Digits(long n, int? least) => (n < 0 ? "-" : "") + Int128.Abs(n).ToString(CultureInfo.InvariantCulture).PadLeft(least ?? 0, '0');

    static string Unsigned(Int128 n, char kind) => kind switch
    {
        'x' => n.ToString("x", CultureInfo.InvariantCulture).TrimStart('0') is { Length: > 0 } low ? low : "0",
        'X' => n.ToString("X", CultureInfo.InvariantCulture).TrimStart('0') is { Length: > 0 } high ? high : "0",
        'b' => n.ToString("b", CultureInfo.InvariantCulture).TrimStart('0') is { Length: > 0 } bits ? bits : "0",
        _ => Convert.ToString((long)(ulong)n, 8),
    };

    /// <summary>%f, %e and %g.</summary>
    static string Real(double x, char kind, int precision, bool keepZeros)
    {
        var large = char.IsUpper(kind);
        var result = !double.IsFinite(x) ? double.IsNaN(x) ? "nan" : x > 0 ? "inf" : "-inf" : char.ToLowerInvariant(kind) switch
        {
            'f' => x.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            'e' => Exponential(x, precision),
            _ => General(x, Math.Max(1, precision), keepZeros),
        };
        return large ? result.ToUpperInvariant() : result;
    }

    static string Exponential(double x, int precision)
    {
        var text = x.ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture);
        return $"{text[..e]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
    }

    static string General(double x, int precision, bool keepZeros)
    {
        var exponential = Exponential(x, precision - 1);
        var e = exponential.IndexOf('e', StringComparison.Ordinal);
        var exponent = int.Parse(exponential[(e + 1)..], CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= precision)
            return keepZeros ? exponential : WithoutZeros(exponential[..e]) + exponential[e..];
        var plain = x.ToString("F" + (precision - 1 - exponent).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return keepZeros ? plain : WithoutZeros(plain);
    }

    static string WithoutZeros(string number) => number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;

    static string FirstCharacters(string text, int most)
    {
        var end = 0;
        for (; most > 0 && end < text.Length; most--)
            end += char.IsSurrogatePair(text, Math.Min(end, text.Length - 1)) ? 2 : 1;
        return text[..Math.Min(end, text.Length)];
    }

    /// <summary>Appends a text, padded to a width. The alignment = pads between sign and digits.</summary>
    static void Pad(StringBuilder to, string text, int width, char align, string fill)
    {
        var missing = Math.Max(0, width - text.EnumerateRunes().Count());
        var (before, after) = align switch { '<' => (0, missing), '^' => (missing / 2, missing - (missing / 2)), _ => (missing, 0) };
        if (align == '=' && text.Length > 0 && text[0] is '-' or '+' or ' ')
        {
            to.Append(text[0]);
            text = text[1..];
        }
        to.Insert(to.Length, fill, before).Append(text).Insert(to.Length, fill, after);
    }

    /// <summary>str.format.</summary>
    /// <param name="context">Is charged for the work.</param>
    /// <param name="format">The format string. If it is marked as safe, the values are escaped.</param>
    /// <param name="values">The values of {} and {0}.</param>
    /// <param name="named">Gives the value of {name}.</param>
    public static object Braces(JinjaContext context, object? format, IReadOnlyList<object?> values, Func<string, object?> named)
    {
        var (text, result, next) = ((string)JinjaValue.Plain(format)!, new StringBuilder(), 0);
        context.Spend(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var c = text[at++];
            if (c is not ('{' or '}'))
            {
                result.Append(c);
                continue;
            }
            if (at < text.Length && text[at] == c)
            {
                result.Append(c);
                at++;
                continue;
            }
            var end = c == '{' ? text.IndexOf('}', at) : -1;
            if (end < 0)
                throw context.Wrong($"found a single {c} in a format; expected {{}} around a field, or {c}{c}");
            var field = text[at..end];
            if (field.Contains('{', StringComparison.Ordinal))
                throw context.Wrong("found a field within a field of a format, which is not supported");
            at = end + 1;
            var colon = field.IndexOf(':', StringComparison.Ordinal);
            var (name, spec) = colon < 0 ? (field, "") : (field[..colon], field[(colon + 1)..]);
            var conversion = name.Length >= 2 && name[^2] == '!' ? name[^1] : ' ';
            var value = Field(context, conversion == ' ' ? name : name[..^2], values, named, ref next);
            value = conversion switch
            {
                ' ' => value,
                's' => JinjaOperations.Text(context, value),
                'r' or 'a' => JinjaRepr.Of(context, value),
                _ => throw context.Wrong($"found !{conversion} in a format; expected !s or !r"),
            };
            var shown = Formatted(context, value, spec);
            result.Append(format is JinjaMarkup ? JinjaOperations.Escaped(context, value is JinjaMarkup ? new JinjaMarkup(shown) : shown) : shown);
            context.CheckLength(result.Length);
        }
        var made = context.Made(result.ToString());
        return format is JinjaMarkup ? new JinjaMarkup(made) : made;
    }

    /// <summary>A field such as 0, name.attribute or name[key].</summary>
    static object? Field(JinjaContext context, string path, IReadOnlyList<object?> values, Func<string, object?> named, ref int next)
    {
        var end = path.AsSpan().IndexOfAny('.', '[') is >= 0 and var stop ? stop : path.Length;
        var first = path[..end];
        object? value;
        if (first.Length == 0 || int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            var index = first.Length == 0 ? next++ : int.Parse(first, CultureInfo.InvariantCulture);
            value = index < values.Count ? values[index] : throw context.Wrong($"found the field {index} in a format; expected one of {values.Count} values");
        }
        else
            value = named(first);
        for (var at = end; at < path.Length;)
        {
            if (path[at] == '.')
            {
                var stopAt = path.AsSpan(at + 1).IndexOfAny('.', '[') is >= 0 and var n ? at + 1 + n : path.Length;
                value = JinjaOperations.Attribute(context, value, path[(at + 1)..stopAt]);
                at = stopAt;
                continue;
            }
            var close = path.IndexOf(']', at);
            if (path[at] != '[' || close < 0)
                throw context.Wrong("found a field of a format that ends within [; expected ]");
            var key = path[(at + 1)..close];
            value = JinjaOperations.Item(context, value, long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : key);
            at = close + 1;
        }
        return value;
    }

    /// <summary>format(value, spec): [[fill]align][sign][#][0][width][,][.precision][type].</summary>
    static string Formatted(JinjaContext context, object? value, string spec)
    {
        if (spec.Length == 0)
            return JinjaOperations.Text(context, value);
        var (at, fill, align) = (0, " ", '\0');
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=')
            (fill, align, at) = (spec[..1], spec[1], 2);
        else if (spec[0] is '<' or '>' or '^' or '=')
            (align, at) = (spec[0], 1);
        var flags = Take(spec, ref at, "+- #");
        if (at < spec.Length && spec[at] == '0' && align == '\0')
            (fill, align) = ("0", '=');
        var width = Number(context, spec, ref at, null) ?? 0;
        var grouping = Take(spec, ref at, ",_");
        int? precision = null;
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            precision = Number(context, spec, ref at, null)
                ?? throw context.Wrong($"found the format {JinjaRepr.Shown(spec)}; expected digits after the point");
        }
        var kind = at < spec.Length ? spec[at++] : '\0';
        if (at < spec.Length)
            throw context.Wrong($"found the format {JinjaRepr.Shown(spec)}; expected fill, align, sign, width, precision and type in this order");
        var number = value is bool ? null : JinjaValue.Number(value);
        string shown;
        if (number is null)
        {
            if (kind is not ('\0' or 's') || align == '=')
                throw context.Wrong($"found the format {JinjaRepr.Shown(spec)} of {JinjaValue.Kind(value)}; expected a number for it");
            shown = JinjaOperations.Text(context, value);
            shown = precision is { } most ? FirstCharacters(shown, most) : shown;
        }
        else
        {
            shown = kind switch
            {
                '\0' when precision is null => value is long whole ? Digits(whole, null) : JinjaRepr.Float(number.Value),
                '\0' => Real(number.Value, 'g', precision.Value, false),
                'd' or 'n' when value is long whole => Digits(whole, null),
                'b' or 'o' or 'x' or 'X' when value is long whole => (whole < 0 ? "-" : "") + Unsigned(Int128.Abs(whole), kind),
                '%' => Real(number.Value * 100, 'f', precision ?? 6, false) + "%",
                'c' when value is long => Shown(context, 'c', value, null, false),
                'f' or 'F' or 'e' or 'E' or 'g' or 'G' => Real(number.Value, kind, precision ?? 6, flags.Contains('#', StringComparison.Ordinal)),
                _ => throw context.Wrong($"found the format {JinjaRepr.Shown(spec)} of {JinjaValue.Kind(value)}; expected d, x, o, b, f, e, g, % or s"),
            };
            shown = grouping.Length > 0 ? Grouped(shown, grouping[0]) : shown;
            if (!shown.StartsWith('-'))
                shown = flags.Contains('+', StringComparison.Ordinal) ? "+" + shown : flags.Contains(' ', StringComparison.Ordinal) ? " " + shown : shown;
        }
        var padded = new StringBuilder();
        Pad(padded, shown, width, align == '\0' ? number is null ? '<' : '>' : align, fill);
        return padded.ToString();
    }

    static string Grouped(string number, char separator)
    {
        var start = number.StartsWith('-') ? 1 : 0;
        var end = number.AsSpan(start).IndexOfAnyExceptInRange('0', '9') is >= 0 and var stop ? start + stop : number.Length;
        var result = new StringBuilder(number);
        for (var at = end - 3; at > start; at -= 3)
            result.Insert(at, separator);
        return result.ToString();
    }
}
