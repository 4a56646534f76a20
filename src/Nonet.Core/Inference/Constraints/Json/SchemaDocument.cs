using System.Text;
using System.Text.Json;

namespace Nonet.Inference.Constraints.Json;

/// <summary>A schema at its place in the document.</summary>
/// <param name="Json">true, false or an object.</param>
/// <param name="Pointer">JSON pointer, such as #/properties/name.</param>
sealed record SchemaPlace(JsonElement Json, string Pointer)
{
    public bool Equals(SchemaPlace? other) => other is not null && Pointer == other.Pointer;

    public override int GetHashCode() => Pointer.GetHashCode(StringComparison.Ordinal);

    public SchemaPlace At(string keyword) => new(Json.GetProperty(keyword), $"{Pointer}/{Escape(keyword)}");

    public SchemaPlace At(string keyword, string name) => new(Json.GetProperty(keyword).GetProperty(name), $"{Pointer}/{Escape(keyword)}/{Escape(name)}");

    public SchemaPlace At(string keyword, int index) => new(Json.GetProperty(keyword)[index], $"{Pointer}/{Escape(keyword)}/{index}");

    static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The error for an invalid value of a keyword.</summary>
    public InvalidDataException Wrong(string keyword, string expected) =>
        new($"schema {Pointer}: {keyword} is {Shown(Json.GetProperty(keyword))}; expected {expected}");

    /// <summary>The error for a keyword that masks cannot enforce.</summary>
    public NotSupportedException Refused(string keyword, string why) => new($"schema {Pointer}: {keyword} cannot be enforced: {why}");

    static string Shown(JsonElement json) => json.GetRawText() is { Length: > 60 } text ? text[..60] + "..." : json.GetRawText();
}

/// <summary>A JSON schema, and the targets of its references.</summary>
sealed class SchemaDocument
{
    const int MostCharacters = 8 << 20, Deepest = 300;

    static readonly string[] drafts = ["draft-03", "draft-04", "draft-06", "draft-07"];

    readonly Dictionary<string, SchemaPlace> anchors = new(StringComparer.Ordinal);
    readonly List<string> embedded = []; // schemas with their own $id, which is the base of the references in them
    readonly string id = "";

    public SchemaDocument(string text)
    {
        if (text.Length > MostCharacters)
            throw new InvalidDataException($"the schema has {text.Length} characters; at most {MostCharacters} are read");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Deepest });
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the schema is not JSON: {e.Message}", e);
        }
        Root = new SchemaPlace(document.RootElement, "#");
        if (Root.Json.ValueKind != JsonValueKind.Object)
            return;
        if (Root.Json.TryGetProperty("$schema", out var draft) && draft.ValueKind == JsonValueKind.String)
            IgnoresSiblings = Array.Exists(drafts, d => draft.GetString()!.Contains(d, StringComparison.Ordinal));
        if ((Root.Json.TryGetProperty("$id", out var name) || Root.Json.TryGetProperty("id", out name)) && name.ValueKind == JsonValueKind.String)
            id = name.GetString()!.TrimEnd('#');
        FindAnchors(Root);
    }

    public SchemaPlace Root { get; }

    /// <summary>Whether keywords beside $ref are ignored, as before draft 2019-09.</summary>
    public bool IgnoresSiblings { get; }

    void FindAnchors(SchemaPlace root)
    {
        var pending = new Stack<SchemaPlace>([root]);
        while (pending.TryPop(out var place))
        {
            if (place.Json.ValueKind == JsonValueKind.Array)
            {
                for (var i = 0; i < place.Json.GetArrayLength(); i++)
                    pending.Push(new SchemaPlace(place.Json[i], $"{place.Pointer}/{i}"));
            }
            if (place.Json.ValueKind != JsonValueKind.Object)
                continue;
            foreach (var field in place.Json.EnumerateObject())
            {
                if (field.Name is "$anchor" && field.Value.ValueKind == JsonValueKind.String)
                    anchors.TryAdd(field.Value.GetString()!, place);
                if (field.Name is "$id" or "id" && field.Value.ValueKind == JsonValueKind.String && place != root && field.Value.GetString()! is var inner)
                {
                    anchors.TryAdd(inner.StartsWith('#') ? inner[1..] : inner, place);
                    if (!inner.StartsWith('#'))
                        embedded.Add(place.Pointer);
                }
                if (field.Name is not ("enum" or "const" or "default" or "examples") && field.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                    pending.Push(place.At(field.Name));
            }
        }
    }

    /// <summary>The target of a schema's $ref.</summary>
    public SchemaPlace Resolve(SchemaPlace from)
    {
        if (from.Json.GetProperty("$ref") is not { ValueKind: JsonValueKind.String } field)
            throw from.Wrong("$ref", "a reference such as #/$defs/name");
        var reference = field.GetString()!;
        if (embedded.Exists(e => from.Pointer == e || from.Pointer.StartsWith(e + "/", StringComparison.Ordinal)))
            throw from.Refused("$ref", "it stands under an $id of its own; put all definitions under the root's $defs");
        var target = id.Length > 0 && reference.StartsWith(id, StringComparison.Ordinal) ? reference[id.Length..] : reference;
        if (target is "" or "#")
            return Root;
        if (target.StartsWith("#/", StringComparison.Ordinal))
            return Follow(from, target);
        if (anchors.TryGetValue(target.TrimStart('#'), out var place))
            return place;
        throw target.StartsWith('#') ? from.Wrong("$ref", "the name of an $anchor in the document")
            : from.Refused("$ref", $"{Shorten(reference)} lies outside of the document, and nothing is fetched; put it under $defs");
    }

    static string Shorten(string text) => text.Length > 80 ? text[..80] + "..." : text;

    SchemaPlace Follow(SchemaPlace from, string pointer)
    {
        var (json, path) = (Root.Json, new StringBuilder("#"));
        foreach (var part in pointer[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            path.Append('/').Append(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member))
                json = member;
            else if (json.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index) && index >= 0 && index < json.GetArrayLength())
                json = json[index];
            else
                throw from.Wrong("$ref", $"a place in the document; it has no {path}");
        }
        return new SchemaPlace(json, path.ToString());
    }
}
