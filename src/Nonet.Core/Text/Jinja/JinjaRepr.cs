using System.Globalization;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>Values as Python writes them.</summary>
static class JinjaRepr
{
    /// <summary>repr(x).</summary>
    public static string Of(JinjaContext context, object? x)
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

    /// <summary>Appends repr(x). The recursion is no deeper than lists may be nested.</summary>
    /// <param name="text">Receives the text.</param>
    /// <param name="x">The value.</param>
    /// <param name="goesOn">Called before each part with the current length; returns whether to continue.</param>
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
}
