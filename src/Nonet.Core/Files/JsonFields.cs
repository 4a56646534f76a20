using System.Globalization;
using System.Text.Json;

namespace Nonet.Files;

/// <summary>Fields of a JSON object in a file. An error names the file and the field that is missing or has another type.</summary>
sealed class JsonFields
{
    const int MaxBytes = 1 << 29;

    readonly JsonElement element;
    readonly string prefix;
    readonly IReadOnlyDictionary<string, string>? aliases;

    JsonFields(string file, JsonElement element, string prefix, IReadOnlyDictionary<string, string>? aliases = null)
    {
        File = file;
        this.element = element;
        this.prefix = prefix;
        this.aliases = aliases;
    }

    public string File { get; }

    public static JsonFields Read(string file) => Parse(file, ReadBytes(file));

    /// <summary>Bytes of a file that may be JSON.</summary>
    public static byte[] ReadBytes(string file)
    {
        var length = new FileInfo(file).Length;
        return length <= MaxBytes ? System.IO.File.ReadAllBytes(file)
            : throw new MalformedFileException(file, $"{length} bytes", $"a JSON file of at most {MaxBytes}");
    }

    public static JsonFields Parse(string file, ReadOnlyMemory<byte> json)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json.Span))
            throw new MalformedFileException(file, "bytes that are not UTF-8", "a JSON object");
        try
        {
            using var document = JsonDocument.Parse(json);
            CheckTexts(file, json.Span);
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object ? new JsonFields(file, root, "")
                : throw new MalformedFileException(file, $"JSON that is {Describe(root)}", "an object");
        }
        catch (JsonException e)
        {
            throw new MalformedFileException(file, $"invalid JSON ({e.Message})", "a JSON object", e);
        }
    }

    /// <summary>Throws if a text cannot become a string: its bytes are not UTF-8, or an escape sequence is half of a surrogate pair.</summary>
    /// <param name="file">File name for messages.</param>
    /// <param name="json">JSON that is valid otherwise.</param>
    /// <param name="place">Place of the JSON in the file, for messages; null: it is the whole file.</param>
    public static void CheckTexts(string file, ReadOnlySpan<byte> json, string? place = null)
    {
        if (!System.Text.Unicode.Utf8.IsValid(json))
            throw new MalformedFileException(file, $"bytes that are not UTF-8{(place is null ? "" : $" in {place}")}", "JSON");
        if (!json.Contains((byte)'\\'))
            return;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException e)
            {
                throw new MalformedFileException(file,
                    $"half of a surrogate pair in the text at byte {reader.TokenStartIndex}{(place is null ? "" : $" of {place}")}", "complete characters", e);
            }
        }
    }

    /// <summary>The same fields, some of which may have another name.</summary>
    /// <param name="others">Alternative name by the usual name; null: none.</param>
    public JsonFields With(IReadOnlyDictionary<string, string>? others) => others is null ? this : new JsonFields(File, element, prefix, others);

    /// <summary>Names and values of all fields.</summary>
    public IEnumerable<JsonProperty> All => element.EnumerateObject();

    /// <summary>Whether the field exists and is not null.</summary>
    public bool Has(string name) => Get(name) is not null;

    /// <summary>Whether the field exists and is null.</summary>
    public bool IsNull(string name) => TryGet(name, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Whether the field exists and is a string.</summary>
    public bool IsText(string name) => Get(name) is { ValueKind: JsonValueKind.String };

    /// <summary>Whether the field exists and is an array.</summary>
    public bool IsArray(string name) => Get(name) is { ValueKind: JsonValueKind.Array };

    public int Positive(string name, int? otherwise = null, int most = int.MaxValue)
    {
        if (Get(name) is not { } value)
            return otherwise ?? throw Missing(name, "a positive integer");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n > 0 && n <= most ? n
            : throw Wrong(name, most == int.MaxValue ? "an integer from 1 to 2^31 - 1" : $"an integer from 1 to {most}");
    }

    public double Number(string name, double otherwise, double least, double most)
    {
        if (Get(name) is not { } value)
            return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var x) && x >= least && x <= most ? x
            : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
    }

    public bool Flag(string name, bool otherwise)
    {
        if (Get(name) is not { } value)
            return otherwise;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false");
    }

    /// <summary>Throws unless the field is absent or has the one supported value.</summary>
    public void Only(string name, bool supported)
    {
        if (Flag(name, supported) != supported)
            throw Wrong(name, $"{(supported ? "true" : "false")}: nothing else is supported");
    }

    public string? Text(string name)
    {
        if (Get(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, "a string");
    }

    public JsonFields? Object(string name)
    {
        if (Get(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Object ? new JsonFields(File, value, $"{prefix}{name}.") : throw Wrong(name, "an object");
    }

    /// <summary>Elements of an array; empty if the field is absent.</summary>
    public IReadOnlyList<JsonElement> Array(string name)
    {
        if (Get(name) is not { } value)
            return [];
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Wrong(name, "an array");
    }

    /// <summary>Fields of an object inside this one.</summary>
    public JsonFields At(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Object ? new JsonFields(File, value, prefix + path + ".")
        : throw new MalformedFileException(File, $"'{prefix}{path}': {Describe(value)}", "an object");

    /// <summary>Objects of an array; empty if the field is absent.</summary>
    public IEnumerable<JsonFields> Objects(string name) => Array(name).Select((e, i) =>
        e.ValueKind == JsonValueKind.Object ? new JsonFields(File, e, $"{prefix}{name}[{i}].") : throw Wrong(name, "an array of objects"));

    public MalformedFileException Missing(string name, string expected) => new(File, $"no field '{prefix}{name}'", expected);

    public MalformedFileException Wrong(string name, string expected) =>
        new(File, $"'{prefix}{name}': {(Get(name) is { } value ? Describe(value) : "nothing")}", expected);

    JsonElement? Get(string name) => TryGet(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    bool TryGet(string name, out JsonElement value) =>
        element.TryGetProperty(name, out value)
        || (aliases is not null && aliases.TryGetValue(name, out var other) && element.TryGetProperty(other, out value));

    static string Describe(JsonElement value)
    {
        var text = value.ValueKind is JsonValueKind.Object ? "an object" : value.ValueKind is JsonValueKind.Array ? "an array" : value.GetRawText();
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
