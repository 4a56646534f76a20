using System.Text;
using Nonet.Files;
using Nonet.Tensors.Quantization;

namespace Nonet.Formats.Gguf;

/// <summary>
/// Collects metadata and tensors and writes them as a GGUF file of version 3. The bytes go directly from the tensors to the file, through
/// <see cref="AtomicFile"/>.
/// </summary>
sealed class GgufWriter
{
    const int Alignment = 32;

    readonly List<(string Key, Action<BinaryWriter> Write)> metadata = [];
    readonly List<(string Name, long[] Shape, GgufType Type, Action<Stream> Write)> tensors = [];

    public GgufWriter Text(string key, string value) => Add(key, GgufValueType.String, w => WriteText(w, value));
    public GgufWriter U32(string key, uint value) => Add(key, GgufValueType.U32, w => w.Write(value));
    public GgufWriter I32(string key, int value) => Add(key, GgufValueType.I32, w => w.Write(value));
    public GgufWriter F32(string key, float value) => Add(key, GgufValueType.F32, w => w.Write(value));
    public GgufWriter Flag(string key, bool value) => Add(key, GgufValueType.Bool, w => w.Write(value));

    public GgufWriter Texts(string key, IReadOnlyCollection<string> values) => Array(key, GgufValueType.String, values, WriteText);
    public GgufWriter F32s(string key, IReadOnlyCollection<float> values) => Array(key, GgufValueType.F32, values, (w, x) => w.Write(x));
    public GgufWriter U8s(string key, IReadOnlyCollection<byte> values) => Array(key, GgufValueType.U8, values, (w, x) => w.Write(x));
    public GgufWriter I32s(string key, IReadOnlyCollection<int> values) => Array(key, GgufValueType.I32, values, (w, x) => w.Write(x));

    /// <summary>Adds a tensor, given as rows of floats.</summary>
    /// <param name="name">Name, unique in the file.</param>
    /// <param name="shape">Extents, outermost first.</param>
    /// <param name="type">F32, F16, BF16 or a quantised type; rows must be whole blocks.</param>
    /// <param name="rows">Values in row-major order, one or more rows at a time.</param>
    public GgufWriter Tensor(string name, long[] shape, string type, Func<IEnumerable<float[]>> rows) => Tensor(name, shape, type, stream =>
    {
        foreach (var row in rows())
            WriteRow(stream, row, type);
    });

    /// <summary>Adds a tensor whose bytes <paramref name="write"/> writes as the file stores them.</summary>
    internal GgufWriter Tensor(string name, long[] shape, string type, Action<Stream> write)
    {
        var form = GgufType.Named(type);
        if (tensors.Exists(t => t.Name == name))
            throw new ArgumentException($"tensor name '{name}' is taken", nameof(name));
        if (shape.Length is 0 or > 4 || shape[^1] % form.BlockElements != 0)
            throw new ArgumentException(
                $"tensor '{name}' of shape [{string.Join(", ", shape)}] cannot be {type}: rows of a multiple of {form.BlockElements} and at most 4 axes are "
                + $"needed", nameof(shape));
        tensors.Add((name, shape, form, write));
        return this;
    }

    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach (var (_, write) in metadata)
            write(writer);
        var offset = 0L;
        foreach (var (name, shape, type, _) in tensors)
        {
            WriteText(writer, name);
            writer.Write((uint)shape.Length);
            foreach (var extent in shape.Reverse())
                writer.Write((ulong)extent);
            writer.Write(type.Id);
            writer.Write((ulong)offset);
            offset = Aligned(offset + BytesOf(shape, type));
        }
        writer.Flush();
        Fill(stream);
        foreach (var (name, shape, type, write) in tensors)
        {
            var end = stream.Position + BytesOf(shape, type);
            write(stream);
            if (stream.Position != end)
                throw new InvalidOperationException($"tensor '{name}' wrote up to byte {stream.Position}; its shape ends at {end}");
            Fill(stream);
        }
    });

    /// <summary>Whether the metadata has a value for a key already.</summary>
    internal bool Has(string key) => metadata.Exists(m => m.Key == key);

    GgufWriter Add(string key, GgufValueType type, Action<BinaryWriter> write)
    {
        if (Has(key))
            throw new ArgumentException($"metadata key '{key}' is taken", nameof(key));
        metadata.Add((key, w =>
        {
            WriteText(w, key);
            w.Write((uint)type);
            write(w);
        }
        ));
        return this;
    }

    GgufWriter Array<T>(string key, GgufValueType type, IReadOnlyCollection<T> values, Action<BinaryWriter, T> write) => Add(key, GgufValueType.Array, w =>
    {
        w.Write((uint)type);
        w.Write((ulong)values.Count);
        foreach (var value in values)
            write(w, value);
    });

    static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    static long BytesOf(long[] shape, GgufType type) => shape.Aggregate(1L, (n, e) => checked(n * e)) / type.BlockElements * type.BlockBytes;

    static long Aligned(long n) => (n + Alignment - 1) / Alignment * Alignment;

    static void Fill(Stream stream)
    {
        while (stream.Position % Alignment != 0)
            stream.WriteByte(0);
    }

    static void WriteRow(Stream stream, float[] row, string type)
    {
        var form = GgufType.Named(type);
        var bytes = new byte[row.Length / form.BlockElements * form.BlockBytes];
        if (QuantizedFormats.Named(type) is { } format)
            format.Encode(row, bytes);
        else
            FloatRow.Write(type, row, bytes, new float[row.Length]);
        stream.Write(bytes);
    }
}
