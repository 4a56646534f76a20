using System.Buffers.Binary;
using System.Globalization;
using Nonet.Files;

namespace Nonet.Formats.Gguf;

/// <summary>Types of metadata values, by their number in the file.</summary>
enum GgufValueType : uint { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 }

/// <summary>The metadata of a GGUF file: values by key. Arrays are read from the file on demand.</summary>
public sealed class GgufMetadata
{
    /// <param name="Type">Type of the value, or of the elements of an array.</param>
    /// <param name="Count">Number of elements of an array; -1 for a single value.</param>
    /// <param name="Start">First byte of the value or of the first element.</param>
    readonly record struct Entry(GgufValueType Type, long Count, long Start);

    readonly GgufCursor cursor;
    readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    readonly List<string> keys = [];

    GgufMetadata(GgufCursor cursor) => this.cursor = cursor;

    string File => cursor.FilePath;

    /// <summary>All keys, in the file's order.</summary>
    public IReadOnlyList<string> Keys => keys;

    internal static GgufMetadata Read(GgufCursor cursor, long pairs)
    {
        var metadata = new GgufMetadata(cursor);
        for (var i = 0L; i < pairs; i++)
        {
            var key = cursor.Text($"key {i} of the metadata", 1 << 16);
            var type = metadata.TypeAt(key);
            var count = -1L;
            if (type == GgufValueType.Array)
            {
                type = metadata.TypeAt(key);
                if (type == GgufValueType.Array)
                    throw new MalformedFileException(metadata.File, $"metadata '{key}' that is an array of arrays", "an array of plain values");
                count = cursor.Count($"metadata '{key}'", Math.Max(1, SizeOf(type)));
            }
            if (!metadata.entries.TryAdd(key, new Entry(type, count, cursor.Position)))
                throw new MalformedFileException(metadata.File, $"two values of metadata '{key}'", "each key once");
            metadata.keys.Add(key);
            metadata.Skip(key, type, Math.Abs(count));
        }
        return metadata;
    }

    /// <summary>Whether the file has a value for a key.</summary>
    public bool Has(string key) => entries.ContainsKey(key);

    /// <summary>Whether the key has a single text.</summary>
    public bool IsText(string key) => entries.TryGetValue(key, out var entry) && entry is { Type: GgufValueType.String, Count: -1 };

    /// <summary>Describes the type of a value: "String", "1000 of F32".</summary>
    public string Describe(string key) => entries[key] is { Count: >= 0 } array ? $"{array.Count} of {array.Type}" : entries[key].Type.ToString();

    /// <summary>A text; null if the key is missing.</summary>
    public string? Text(string key) => !entries.TryGetValue(key, out var entry) ? null
        : entry is { Type: GgufValueType.String, Count: -1 } ? cursor.At(entry.Start).Text(key) : throw Wrong(key, "a text");

    /// <summary>An integer of any type, from <paramref name="least"/> to <paramref name="most"/>. Without a default value, a missing key throws.</summary>
    public long Integer(string key, long? otherwise, long least, long most)
    {
        if (!entries.TryGetValue(key, out var entry))
            return otherwise ?? throw new MalformedFileException(File, $"no metadata '{key}'", $"a whole number from {least} to {most}");
        if (entry.Count >= 0 || !IsInteger(entry.Type))
            throw Wrong(key, "a whole number");
        var value = IntegerAt(entry.Type, cursor.At(entry.Start).Take(key, SizeOf(entry.Type)));
        return value >= least && value <= most ? (long)value
            : throw new MalformedFileException(File, $"metadata '{key}' = {value}", $"a whole number from {least} to {most}");
    }

    /// <summary>An integer of at least 1. Without a default value, a missing key throws.</summary>
    public int Positive(string key, int? otherwise = null) => (int)Integer(key, otherwise, 1, int.MaxValue);

    /// <summary>A finite number of any type. Without a default value, a missing key throws.</summary>
    public double Number(string key, double? otherwise)
    {
        if (!entries.TryGetValue(key, out var entry))
            return otherwise ?? throw new MalformedFileException(File, $"no metadata '{key}'", "a number");
        if (entry.Count >= 0 || entry.Type is GgufValueType.String or GgufValueType.Bool)
            throw Wrong(key, "a number");
        var value = NumberAt(entry.Type, cursor.At(entry.Start).Take(key, SizeOf(entry.Type)));
        return double.IsFinite(value) ? value
            : throw new MalformedFileException(File, $"metadata '{key}' = {value.ToString(CultureInfo.InvariantCulture)}", "a finite number");
    }

    /// <summary>A boolean, or a default value if the key is missing.</summary>
    public bool Flag(string key, bool otherwise) => !entries.TryGetValue(key, out var entry) ? otherwise
        : entry is { Type: GgufValueType.Bool, Count: -1 } ? cursor.At(entry.Start).Take(key, 1)[0] != 0 : throw Wrong(key, "true or false");

    /// <summary>Elements of an array; null if the key is missing or a single value.</summary>
    public long? Count(string key) => entries.TryGetValue(key, out var entry) && entry.Count >= 0 ? entry.Count : null;

    /// <summary>The texts of an array; empty if the key is missing.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        if (Array(key, "an array of texts", type => type == GgufValueType.String) is not { } array)
            return [];
        var at = cursor.At(array.Start);
        var texts = new string[array.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = at.Text(key);
        return texts;
    }

    /// <summary>The numbers of an array; empty if the key is missing.</summary>
    public IReadOnlyList<double> Numbers(string key)
    {
        if (Array(key, "an array of numbers", type => type is not (GgufValueType.String or GgufValueType.Bool)) is not { } array)
            return [];
        var at = cursor.At(array.Start);
        var values = new double[array.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = NumberAt(array.Type, at.Take(key, SizeOf(array.Type)));
        return values;
    }

    Entry? Array(string key, string expected, Func<GgufValueType, bool> allowed) => !entries.TryGetValue(key, out var entry) ? null
        : entry.Count >= 0 && allowed(entry.Type) ? entry : throw Wrong(key, expected);

    MalformedFileException Wrong(string key, string expected) => new(File, $"metadata '{key}' that is {Describe(key)}", expected);

    GgufValueType TypeAt(string key)
    {
        var type = cursor.U32($"type of metadata '{key}'");
        return type <= (uint)GgufValueType.F64 ? (GgufValueType)type
            : throw new MalformedFileException(File, $"metadata '{key}' of type {type}", "a type from 0 to 12");
    }

    void Skip(string key, GgufValueType type, long count)
    {
        if (type != GgufValueType.String)
        {
            cursor.Take($"metadata '{key}'", 0);
            if (count * SizeOf(type) > cursor.Left)
                throw new MalformedFileException(File, $"metadata '{key}' of {count * SizeOf(type)} bytes at byte {cursor.Position}",
                    $"at most the {cursor.Left} that are left; is the file truncated?");
            cursor.Seek(cursor.Position + count * SizeOf(type));
            return;
        }
        for (var i = 0L; i < count; i++)
            cursor.Bytes($"metadata '{key}'");
    }

    /// <summary>Bytes of a value; for a text, the bytes of its length.</summary>
    static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        _ => 8,
    };

    static bool IsInteger(GgufValueType type) => type is not (GgufValueType.F32 or GgufValueType.F64 or GgufValueType.Bool or GgufValueType.String);

    static Int128 IntegerAt(GgufValueType type, ReadOnlySpan<byte> x) => type switch
    {
        GgufValueType.U8 => x[0],
        GgufValueType.I8 => (sbyte)x[0],
        GgufValueType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(x),
        GgufValueType.I16 => BinaryPrimitives.ReadInt16LittleEndian(x),
        GgufValueType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(x),
        GgufValueType.I32 => BinaryPrimitives.ReadInt32LittleEndian(x),
        GgufValueType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(x),
        _ => BinaryPrimitives.ReadInt64LittleEndian(x),
    };

    static double NumberAt(GgufValueType type, ReadOnlySpan<byte> x) => type switch
    {
        GgufValueType.F32 => BinaryPrimitives.ReadSingleLittleEndian(x),
        GgufValueType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(x),
        _ => (double)IntegerAt(type, x),
    };
}
