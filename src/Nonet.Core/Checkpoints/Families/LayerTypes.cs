using System.Text.Json;
using Nonet.Files;
using Nonet.Models;

namespace Nonet.Checkpoints.Families;

/// <summary>layer_types of a config.json: which layers have a window.</summary>
static class LayerTypes
{
    const string Field = "layer_types", Sliding = "sliding_attention", Full = "full_attention";

    /// <summary>The pattern; null if the field is absent.</summary>
    public static LayerPattern? Read(JsonFields json, int layers)
    {
        if (!json.Has(Field))
            return null;
        var kinds = json.Array(Field).Select(e => e.ValueKind == JsonValueKind.String ? e.GetString() : null).ToArray();
        if (kinds.Length < layers || kinds.Any(kind => kind is not (Sliding or Full)))
            throw json.Wrong(Field, $"{Full} or {Sliding} for each of {layers} layers");
        return new LayerPattern([.. kinds.Take(layers).Select(kind => kind == Sliding)]);
    }

    public static void Write(Utf8JsonWriter json, int layers, LayerPattern windowed)
    {
        json.WriteStartArray(Field);
        for (var i = 0; i < layers; i++)
            json.WriteStringValue(windowed[i] ? Sliding : Full);
        json.WriteEndArray();
    }
}
