using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nonet.Fuzz.Making;

/// <summary>JSON that may be wrong: repeated keys, any text where a value belongs.</summary>
sealed class JsonPart
{
    /// <summary>A repetition makes a file larger by so much at most.</summary>
    const int MostBytes = 1 << 20;

    /// <summary>The text of a literal; of an object { and of an array [.</summary>
    public string Text { get; set; } = "";

    /// <summary>Of an object or an array; names are null in an array.</summary>
    public List<(string? Name, JsonPart Value)> Items { get; private set; } = [];

    public bool IsObject => Text == "{";
    public bool IsArray => Text == "[";

    public static JsonPart Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return Of(document.RootElement);
    }

    public static JsonPart Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    static JsonPart Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new JsonPart { Text = "{", Items = [.. element.EnumerateObject().Select(p => ((string?)p.Name, Of(p.Value)))] },
        JsonValueKind.Array => new JsonPart { Text = "[", Items = [.. element.EnumerateArray().Select(e => ((string?)null, Of(e)))] },
        _ => new JsonPart { Text = element.GetRawText() },
    };

    /// <summary>Damages some places, of the values or of the bytes.</summary>
    public byte[] Damaged(Dice dice)
    {
        for (var times = 1 + dice.Below(3); times > 0; times--)
            Damage(dice);
        var bytes = ToBytes();
        return dice.OneIn(5) ? ByteDamage.Of(bytes, dice) : bytes;
    }

    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        Write(text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    void Write(StringBuilder text)
    {
        text.Append(Text);
        if (!IsObject && !IsArray)
            return;
        for (var i = 0; i < Items.Count; i++)
        {
            if (i > 0)
                text.Append(", ");
            if (IsObject)
                text.Append(Quoted(Items[i].Name ?? "")).Append(": ");
            Items[i].Value.Write(text);
        }
        text.Append(IsObject ? '}' : ']');
    }

    IEnumerable<JsonPart> All() => Items.SelectMany(i => i.Value.All()).Prepend(this);

    void Damage(Dice dice)
    {
        JsonPart[] all = [.. All()];
        var parents = Array.FindAll(all, p => p.Items.Count > 0);
        if (parents.Length == 0)
        {
            Become(dice.Below(all.Length) is var i ? all[i] : this, dice);
            return;
        }
        var parent = parents[dice.OneIn(2) ? 0 : dice.Below(parents.Length)];
        var at = dice.Below(parent.Items.Count);
        var (name, value) = parent.Items[at];
        switch (dice.Below(12))
        {
            case 0: parent.Items.RemoveAt(at); break;
            case 1: parent.Items.Insert(at, (name, value)); break; // the same key twice
            case 2: parent.Items.Add((name, all[dice.Below(all.Length)].Copy())); break; // and with another value
            case 3: parent.Items[at] = (dice.OneIn(2) ? dice.Text() : parents[dice.Below(parents.Length)].Items[0].Name ?? "x", value); break;
            case 4: parent.Items[at] = (name, all[dice.Below(all.Length)].Copy()); break;
            case 5:
                parent.Items.InsertRange(at,
                Enumerable.Range(0, Math.Min(dice.Of(1, 2, 70, 2000), 1 + MostBytes / value.ToBytes().Length)).Select(_ => (name, value.Copy()))); break;
            case 6 when value.Text.Length > 0 && (char.IsDigit(value.Text[0]) || value.Text[0] == '-'):
                value.Text = dice.OneIn(2) ? dice.Number().ToString(CultureInfo.InvariantCulture)
                    : value.Text + dice.Of("0", "00000", ".5", "e3", "e-3", "e400", "000000000000");
                break;
            case 7 when value.Text.StartsWith('"'):
                value.Text = Quoted(dice.OneIn(2) ? dice.Text() : value.Text[1..^1] + dice.Text());
                break;
            default: Become(value, dice); break;
        }
    }

    static void Become(JsonPart part, Dice dice)
    {
        part.Items = [];
        part.Text = dice.Below(14) switch
        {
            0 => "null",
            1 => dice.Of("true", "false"),
            2 => dice.Of("NaN", "Infinity", "-Infinity", "undefined", "'x'", "+1", "01", "1.", ".5", "\"\\ud800\"", "\"\\u00\""),
            3 => dice.Of("1e308", "-1e308", "1e999", "1e-400", "0.5", "-0.0", "1.5e9"),
            4 => dice.Of("[]", "{}", "\"\"", "[[]]", "[null]", "{\"\": null}", "[{}]"),
            5 => Nested("[", "]", dice),
            6 => Nested("{\"a\":", "}", dice),
            7 => $"[{string.Join(',', Enumerable.Repeat(dice.Number().ToString(CultureInfo.InvariantCulture), dice.Of(3, 1000, 50_000)))}]",
            8 or 9 => Quoted(dice.Text()),
            _ => dice.Number().ToString(CultureInfo.InvariantCulture),
        };
    }

    static string Nested(string open, string close, Dice dice)
    {
        var depth = dice.Of(3, 62, 64, 1000, 100_000);
        return new StringBuilder().Insert(0, open, depth).Append('1').Insert(open.Length * depth + 1, close, depth).ToString();
    }

    /// <summary>A text as JSON; half of a surrogate pair stays one.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\' || c < ' ' || char.IsSurrogate(c))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    JsonPart Copy() => new() { Text = Text, Items = [.. Items.Select(i => (i.Name, i.Value.Copy()))] };
}
