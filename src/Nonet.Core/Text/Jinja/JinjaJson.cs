using System.Globalization;
using System.Text;

namespace Nonet.Text.Jinja;

/// <summary>The filter tojson of transformers: Python's json.dumps without HTML escapes. Characters beyond ASCII are not escaped by default.</summary>
static class JinjaJson
{
    public static string Write(JinjaContext context, object? x, List<object?> positional, Dictionary<string, object?> named)
    {
        object? Given(int place, string name) => place < positional.Count ? positional[place] : named.GetValueOrDefault(name);
        var ascii = JinjaValue.IsTrue(Given(0, "ensure_ascii"));
        var indent = JinjaValue.Plain(Given(1, "indent")) switch
        {
            null => null,
            long n and >= 0 and <= 100 => new string(' ', (int)n),
            string s => s,
            var other => throw context.Wrong($"found tojson indented by {JinjaValue.Kind(other)}; expected 0 to 100"),
        };
        var separators = (Given(2, "separators") as JinjaList)?.Items.ConvertAll(JinjaValue.Plain);
        var (comma, colon) = separators is [string c, string k] ? (c, k) : (indent is null ? ", " : ",", ": ");
        var text = new StringBuilder();
        Append(x, 0);
        return context.Made(text.ToString());

        void Append(object? value, int depth)
        {
            context.Handle(value);
            context.CheckLength(text.Length);
            switch (JinjaValue.Plain(value))
            {
                case null: text.Append("null"); break;
                case bool b: text.Append(b ? "true" : "false"); break;
                case long n: text.Append(n); break;
                case double d: text.Append(double.IsNaN(d) ? "NaN" : double.IsFinite(d) ? JinjaRepr.Float(d) : d > 0 ? "Infinity" : "-Infinity"); break;
                case string s: Quote(s); break;
                case JinjaList list: Many('[', ']', list.Items.Count, i => Append(list.Items[i], depth + 1), depth); break;
                case JinjaDict dict:
                    var keys = JinjaValue.IsTrue(Given(3, "sort_keys"))
                        ? dict.Keys.OrderBy(key => JinjaValue.Text(context, key), StringComparer.Ordinal).ToArray() : [.. dict.Keys];
                    Many('{', '}', keys.Length, i =>
                    {
                        Quote(keys[i] switch { string s => s, null => "null", bool b => b ? "true" : "false", var other => JinjaValue.Text(context, other) });
                        text.Append(colon);
                        Append(dict[keys[i]], depth + 1);
                    }, depth);
                    break;
                default: throw context.Wrong($"found tojson of {JinjaValue.Kind(value)}; expected values that JSON has");
            }
        }

        void Many(char open, char close, int count, Action<int> item, int depth)
        {
            text.Append(open);
            for (var i = 0; i < count; i++)
            {
                context.CheckLength((long)text.Length + comma.Length + colon.Length);
                text.Append(i > 0 ? comma : "");
                Line(depth + 1);
                item(i);
            }
            if (count > 0)
                Line(depth);
            text.Append(close);
        }

        void Line(int depth)
        {
            if (indent is null)
                return;
            context.CheckLength(text.Length + (long)indent.Length * depth);
            text.Append('\n').Insert(text.Length, indent, depth);
        }

        void Quote(string s)
        {
            context.Spend(s.Length);
            context.CheckLength((long)text.Length + s.Length);
            text.Append('"');
            foreach (var character in s)
            {
                _ = character switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append("\\\\"),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append("\\r"),
                    '\t' => text.Append("\\t"),
                    '\b' => text.Append("\\b"),
                    '\f' => text.Append("\\f"),
                    _ when character < ' ' || (ascii && character > '~') => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                    _ => text.Append(character),
                };
            }
            text.Append('"');
        }
    }
}
