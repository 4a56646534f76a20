using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nonet.Recipes;

/// <summary>Limit of the memory for training: in a recipe, megabytes or auto.</summary>
/// <param name="Bytes">The limit in bytes.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct MemoryLimit(long Bytes)
{
    const long Most = 1 << 30;

    /// <summary>The limit in units of 2^20 bytes.</summary>
    public long Megabytes => Bytes >> 20;

    /// <summary>Memory that is available to this process.</summary>
    public static MemoryLimit Auto => new(TrainingMemory.Available);

    internal static bool TryParse(string text, out MemoryLimit limit)
    {
        limit = text == "auto" ? Auto
            : new(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) && megabytes <= Most ? megabytes << 20 : 0);
        return limit.Megabytes >= 1;
    }

    internal sealed class Converter : JsonConverter<MemoryLimit>
    {
        public override MemoryLimit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? Auto : new MemoryLimit(reader.GetInt64() << 20);

        public override void Write(Utf8JsonWriter writer, MemoryLimit value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Megabytes);
    }
}
