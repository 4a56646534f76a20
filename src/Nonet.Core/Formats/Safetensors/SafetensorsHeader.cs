using System.Text.Json;
using Nonet.Files;

namespace Nonet.Formats.Safetensors;

/// <summary>A tensor of a safetensors file and the position of its bytes.</summary>
/// <param name="Name">Name, unique in the file.</param>
/// <param name="DType">Name of the type in the format: F32, F16, BF16, F64, I64, I32, I16, I8, U64, U32, U16, U8, BOOL.</param>
/// <param name="Shape">Extents, outermost first.</param>
/// <param name="Start">Index of the first byte in the file.</param>
/// <param name="Bytes">Number of bytes: the product of the extents times the size of an element.</param>
public sealed record SafetensorsEntry(string Name, string DType, IReadOnlyList<long> Shape, long Start, long Bytes);

/// <summary>Reads and checks the JSON header of a safetensors file.</summary>
static class SafetensorsHeader
{
    /// <summary>Limit of the format.</summary>
    public const long MaxBytes = 100_000_000;

    const int MaxRank = 32;

    /// <summary>Bytes per element by the format's name of the type.</summary>
    public static readonly IReadOnlyDictionary<string, int> Sizes = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["F64"] = 8,
        ["I64"] = 8,
        ["U64"] = 8,
        ["F32"] = 4,
        ["I32"] = 4,
        ["U32"] = 4,
        ["F16"] = 2,
        ["BF16"] = 2,
        ["I16"] = 2,
        ["U16"] = 2,
        ["I8"] = 1,
        ["U8"] = 1,
        ["BOOL"] = 1,
    };

    /// <param name="file">File name for messages.</param>
    /// <param name="json">The header.</param>
    /// <param name="dataStart">Index of the first byte after the header.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="metadata">Receives the pairs of __metadata__.</param>
    public static Dictionary<string, SafetensorsEntry> Read(string file, ReadOnlySpan<byte> json, long dataStart, long fileLength,
        Dictionary<string, string> metadata)
    {
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(json);
            Expect(file, ref reader, JsonTokenType.StartObject, "header");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (name == "__metadata__")
                {
                    ReadMetadata(file, ref reader, metadata);
                    continue;
                }
                if (!entries.TryAdd(name, ReadEntry(file, name, ref reader, dataStart, fileLength)))
                    throw new MalformedFileException(file, $"tensor '{name}' twice", "each name once");
            }
            if (reader.Read())
                throw new MalformedFileException(file, "bytes after the header's last brace", "spaces only");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new MalformedFileException(file, $"a header that is not valid JSON ({e.Message})", "the JSON header of a safetensors file", e);
        }
        CheckCoverage(file, entries, dataStart, fileLength);
        return entries;
    }

    static SafetensorsEntry ReadEntry(string file, string name, ref Utf8JsonReader reader, long dataStart, long fileLength)
    {
        string? type = null;
        List<long>? shape = null, offsets = null;
        Expect(file, ref reader, JsonTokenType.StartObject, $"tensor '{name}'");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(file, ref reader, JsonTokenType.String, $"dtype of '{name}'");
                    type = reader.GetString()!;
                    break;
                case "shape" when shape is null: shape = ReadNumbers(file, ref reader, $"shape of '{name}'"); break;
                case "data_offsets" when offsets is null: offsets = ReadNumbers(file, ref reader, $"data_offsets of '{name}'"); break;
                default: throw new MalformedFileException(file, $"field '{field}' in tensor '{name}'", "dtype, shape and data_offsets, each once");
            }
        }
        if (type is null || shape is null || offsets is null)
            throw new MalformedFileException(file, $"tensor '{name}' without {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}",
                "dtype, shape and data_offsets");
        if (!Sizes.TryGetValue(type, out var size))
            throw new MalformedFileException(file, $"dtype '{type}' of tensor '{name}'", $"one of {string.Join(", ", Sizes.Keys)}");
        if (offsets.Count != 2 || offsets[0] > offsets[1] || offsets[1] > fileLength - dataStart)
            throw new MalformedFileException(file, $"data_offsets [{string.Join(", ", offsets)}] of tensor '{name}'",
                $"[begin, end] within the {fileLength - dataStart} bytes of data");
        var bytes = (Int128)size;
        foreach (var extent in shape)
        {
            bytes *= extent;
            if (bytes > long.MaxValue)
                throw new MalformedFileException(file, $"shape [{string.Join(", ", shape)}] of tensor '{name}'", "a size that fits 63 bits");
        }
        if (bytes != offsets[1] - offsets[0])
            throw new MalformedFileException(file, $"{offsets[1] - offsets[0]} bytes for tensor '{name}'", $"{bytes} for {type} [{string.Join(", ", shape)}]");
        return new SafetensorsEntry(name, type, shape, dataStart + offsets[0], offsets[1] - offsets[0]);
    }

    static void ReadMetadata(string file, ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(file, ref reader, JsonTokenType.StartObject, "__metadata__");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(file, ref reader, JsonTokenType.String, $"__metadata__ '{key}'");
            metadata[key] = reader.GetString()!;
        }
    }

    static List<long> ReadNumbers(string file, ref Utf8JsonReader reader, string what)
    {
        Expect(file, ref reader, JsonTokenType.StartArray, what);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var n) || n < 0)
                throw new MalformedFileException(file, $"a {reader.TokenType} in {what}", "integers from 0 to 2^63 - 1");
            if (numbers.Count == MaxRank)
                throw new MalformedFileException(file, $"more than {MaxRank} numbers in {what}", $"at most {MaxRank}");
            numbers.Add(n);
        }
        return numbers;
    }

    static void Expect(string file, ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (!reader.Read() || reader.TokenType != type)
            throw new MalformedFileException(file, $"{reader.TokenType} as {what}", type.ToString());
    }

    /// <summary>Checks that the tensors cover the data without gaps, overlaps or trailing bytes, as the format requires.</summary>
    static void CheckCoverage(string file, Dictionary<string, SafetensorsEntry> entries, long dataStart, long fileLength)
    {
        var position = dataStart;
        var before = "the header";
        foreach (var entry in entries.Values.OrderBy(e => e.Start).ThenBy(e => e.Bytes))
        {
            if (entry.Start != position)
            {
                throw new MalformedFileException(file, $"tensor '{entry.Name}' at byte {entry.Start}",
                    entry.Start < position ? $"no overlap with '{before}', which ends at byte {position}"
                        : $"no gap after '{before}', which ends at byte {position}");
            }
            position += entry.Bytes;
            before = entry.Name;
        }
        if (position != fileLength)
            throw new MalformedFileException(file, $"{fileLength} bytes", $"{position}: the end of '{before}'");
    }
}
