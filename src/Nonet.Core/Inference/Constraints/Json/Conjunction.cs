using System.Text.Json;
using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Json;

/// <summary>Types of JSON values; whole numbers are a separate type.</summary>
[Flags]
enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    String = 16,
    Array = 32,
    Object = 64,
    Number = Integer | Fraction,
    All = 127,
}

/// <summary>Several schemas that must all hold, merged keyword by keyword. It has no alternatives and no references.</summary>
sealed class Conjunction
{
    public JsonTypes Types { get; set; } = JsonTypes.All;

    /// <summary>The values that are allowed; null: any.</summary>
    public List<JsonElement>? Values { get; set; }

    public Bound? From { get; set; }
    public Bound? To { get; set; }
    public List<DecimalNumber> Multiples { get; } = [];
    public int MinLength { get; set; }
    public int MaxLength { get; set; } = Expression.Unlimited;

    /// <summary>Patterns and formats, with the schema that contains each.</summary>
    public List<(SchemaPlace Place, string Keyword, string Text)> Texts { get; } = [];

    /// <summary>Strings that are not allowed.</summary>
    public List<string> Excluded { get; } = [];

    public int MinItems { get; set; }
    public int MaxItems { get; set; } = Expression.Unlimited;

    /// <summary>Schemas with keywords for items.</summary>
    public List<(SchemaPlace[] Prefix, SchemaPlace? Others)> Items { get; } = [];

    public int MinProperties { get; set; }
    public int MaxProperties { get; set; } = Expression.Unlimited;
    public List<string> Required { get; } = [];

    /// <summary>Schemas with keywords for properties.</summary>
    public List<SchemaPlace> Objects { get; } = [];

    /// <summary>Schemas of the properties' names.</summary>
    public List<SchemaPlace> Names { get; } = [];

    SchemaPlace? lastItems;

    /// <summary>Adds the keywords of a schema.</summary>
    public void Add(SchemaPlace place)
    {
        foreach (var field in place.Json.EnumerateObject())
        {
            switch (field.Name)
            {
                case "type":
                    Types &= TypesOf(place, field.Value);
                    break;
                case "enum":
                    Keep(field.Value.ValueKind == JsonValueKind.Array ? field.Value.EnumerateArray() : throw place.Wrong("enum", "an array of values"));
                    break;
                case "const":
                    Keep([field.Value]);
                    break;
                case "not":
                    Exclude(place, field.Value);
                    break;
                case "minimum" or "exclusiveMinimum" or "maximum" or "exclusiveMaximum":
                    AddBound(place, field);
                    break;
                case "multipleOf":
                    Multiples.Add(NumberOf(place, field) is { IsNegative: false, IsZero: false } divisor ? divisor
                        : throw place.Wrong("multipleOf", "a number above 0"));
                    break;
                case "minLength":
                    MinLength = Math.Max(MinLength, Count(place, field));
                    break;
                case "maxLength":
                    MaxLength = Math.Min(MaxLength, Count(place, field));
                    break;
                case "pattern" or "format":
                    Texts.Add((place, field.Name,
                        field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : throw place.Wrong(field.Name, "a text")));
                    break;
                case "minItems":
                    MinItems = Math.Max(MinItems, Count(place, field));
                    break;
                case "maxItems":
                    MaxItems = Math.Min(MaxItems, Count(place, field));
                    break;
                case "items" or "prefixItems" or "additionalItems" when !ReferenceEquals(lastItems, place):
                    lastItems = place;
                    AddItems(place);
                    break;
                case "minProperties":
                    MinProperties = Math.Max(MinProperties, Count(place, field));
                    break;
                case "maxProperties":
                    MaxProperties = Math.Min(MaxProperties, Count(place, field));
                    break;
                case "required":
                    AddRequired(place, field.Value);
                    break;
                case "properties" or "patternProperties" or "additionalProperties" when Objects is not [.., var last] || !ReferenceEquals(last, place):
                    Objects.Add(place);
                    break;
                case "propertyNames":
                    Names.Add(place.At("propertyNames"));
                    break;
                default:
                    break;
            }
        }
    }

    static JsonTypes TypesOf(SchemaPlace place, JsonElement type)
    {
        if (type.ValueKind == JsonValueKind.Array)
            return type.EnumerateArray().Aggregate(JsonTypes.None, (types, t) => types | TypesOf(place, t));
        return (type.ValueKind == JsonValueKind.String ? type.GetString() : null) switch
        {
            "null" => JsonTypes.Null,
            "boolean" => JsonTypes.Boolean,
            "integer" => JsonTypes.Integer,
            "number" => JsonTypes.Number,
            "string" => JsonTypes.String,
            "array" => JsonTypes.Array,
            "object" => JsonTypes.Object,
            _ => throw place.Wrong("type", "null, boolean, integer, number, string, array or object, or an array of them"),
        };
    }

    /// <summary>The type of a value.</summary>
    public static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Number => DecimalNumber.Parse(value.GetRawText()) is { Fraction: "" } ? JsonTypes.Integer : JsonTypes.Fraction,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        _ => JsonTypes.Object,
    };

    void Keep(IEnumerable<JsonElement> values) =>
        Values = Values is null ? [.. values] : [.. values.Where(v => Values.Exists(old => JsonElement.DeepEquals(old, v)))];

    void Exclude(SchemaPlace place, JsonElement not)
    {
        if (not.ValueKind == JsonValueKind.True || (not.ValueKind == JsonValueKind.Object && !not.EnumerateObject().Any()))
            Types = JsonTypes.None;
        else if (not.ValueKind == JsonValueKind.False)
            return;
        else if (not.ValueKind == JsonValueKind.Object && not.EnumerateObject().ToArray() is [var only] && only.Name is "type")
            Types &= ~TypesOf(place.At("not"), only.Value);
        else if (not.ValueKind == JsonValueKind.Object && not.EnumerateObject().ToArray() is [var values] && values.Name is "const" or "enum")
        {
            foreach (var value in values.Name == "const" ? [values.Value] : values.Value.EnumerateArray().ToArray())
            {
                if (value.ValueKind == JsonValueKind.String)
                    Excluded.Add(value.GetString()!);
                else if (value.ValueKind == JsonValueKind.Null)
                    Types &= ~JsonTypes.Null;
                else
                    throw place.Refused("not", "only strings, null and types can be excluded");
            }
        }
        else
            throw place.Refused("not", "only a type, a const or an enum can be excluded");
    }

    void AddBound(SchemaPlace place, JsonProperty field)
    {
        if (field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            // In draft 4, exclusiveMinimum is a boolean that makes minimum exclusive.
            var inclusive = field.Name == "exclusiveMinimum" ? "minimum" : "maximum";
            if (field.Value.ValueKind == JsonValueKind.True && place.Json.TryGetProperty(inclusive, out var value))
                Narrow(inclusive == "minimum", new Bound(NumberOf(place, inclusive, value), true));
            return;
        }
        Narrow(field.Name is "minimum" or "exclusiveMinimum", new Bound(NumberOf(place, field), field.Name.StartsWith("exclusive", StringComparison.Ordinal)));
    }

    void Narrow(bool isMinimum, Bound bound)
    {
        var old = isMinimum ? From : To;
        var order = old is null ? 1 : bound.Value.CompareTo(old.Value.Value) * (isMinimum ? 1 : -1);
        if (order < 0 || (order == 0 && !bound.IsExclusive))
            return;
        if (isMinimum)
            From = bound;
        else
            To = bound;
    }

    static DecimalNumber NumberOf(SchemaPlace place, JsonProperty field) => NumberOf(place, field.Name, field.Value);

    static DecimalNumber NumberOf(SchemaPlace place, string keyword, JsonElement value) => value.ValueKind == JsonValueKind.Number
        ? DecimalNumber.Parse(value.GetRawText()) ?? throw place.Refused(keyword, "the number has too many digits") : throw place.Wrong(keyword, "a number");

    static int Count(SchemaPlace place, JsonProperty field)
    {
        if (field.Value.ValueKind != JsonValueKind.Number || !field.Value.TryGetDouble(out var value) || value < 0 || value != Math.Floor(value))
            throw place.Wrong(field.Name, "a whole number of at least 0");
        return value >= int.MaxValue ? Expression.Unlimited : (int)value;
    }

    void AddItems(SchemaPlace place)
    {
        SchemaPlace[] prefix = [];
        SchemaPlace? rest = null;
        if (place.Json.TryGetProperty("prefixItems", out var items)
            || (place.Json.TryGetProperty("items", out items) && items.ValueKind == JsonValueKind.Array))
        {
            var keyword = place.Json.TryGetProperty("prefixItems", out _) ? "prefixItems" : "items";
            if (items.ValueKind != JsonValueKind.Array)
                throw place.Wrong(keyword, "an array of schemas");
            prefix = [.. Enumerable.Range(0, items.GetArrayLength()).Select(i => place.At(keyword, i))];
            if (keyword == "items" && place.Json.TryGetProperty("additionalItems", out _))
                rest = place.At("additionalItems");
        }
        if (place.Json.TryGetProperty("items", out var all) && all.ValueKind != JsonValueKind.Array)
            rest = place.At("items");
        Items.Add((prefix, rest));
    }

    void AddRequired(SchemaPlace place, JsonElement names)
    {
        if (names.ValueKind is JsonValueKind.True or JsonValueKind.False)
            throw place.Refused("required", "true or false here is draft 3; list the names in the object's schema");
        if (names.ValueKind != JsonValueKind.Array || names.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String))
            throw place.Wrong("required", "an array of names");
        foreach (var name in names.EnumerateArray().Select(n => n.GetString()!))
        {
            if (!Required.Contains(name))
                Required.Add(name);
        }
    }
}
