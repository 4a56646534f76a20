using System.Buffers.Binary;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Memory;

namespace Nonet.Checkpoints.Llama2c;

/// <summary>
/// A llama2.c checkpoint of version 0: seven int32 (width, hidden, layers, heads, key heads, vocabulary, context; a negative vocabulary
/// means a separate output matrix), then float32 tensors, grouped by kind over all layers. Rotary pairs are neighbours. Format:
/// karpathy/llama2.c, export.py.
/// </summary>
public sealed unsafe class Llama2cFile : ITensorStore
{
    const int Header = 28;
    readonly HostStorage storage;
    readonly Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);

    Llama2cFile(string path)
    {
        FilePath = path;
        var file = new MappedFile(path, Header, "a llama2.c checkpoint");
        var header = new int[7];
        for (var i = 0; i < header.Length; i++)
            header[i] = BinaryPrimitives.ReadInt32LittleEndian(file.Slice(4 * i, 4));
        if (header[0] == 0x616b3432)
            throw new NotSupportedException($"{path}: found a llama2.c checkpoint of version {header[1]}; expected version 0, export.py --version 0");
        if (header.Where((n, i) => i != 5).Any(n => n is < 1 or > 1 << 24) || header[5] is 0 or int.MinValue || Math.Abs(header[5]) > 1 << 24)
            throw new MalformedFileException(path, $"the seven numbers {string.Join(", ", header)}",
                "width, hidden, layers, heads, key heads, vocabulary, context, each from 1 to 2^24");
        var (width, hidden, layers, heads, kvHeads, vocab, context) = (header[0], header[1], header[2], header[3], header[4], Math.Abs(header[5]), header[6]);
        var config = new LlamaConfig
        {
            Vocab = vocab,
            Context = context,
            Layers = layers,
            Width = width,
            Heads = heads,
            KvHeads = kvHeads,
            Hidden = hidden,
            Epsilon = 1e-5f,
            RopeLayout = RopeLayout.Interleaved,
            Tied = header[5] > 0,
        };
        try
        {
            config.Check();
        }
        catch (ConfigException e)
        {
            throw new MalformedFileException(path, $"the seven numbers {string.Join(", ", header)}", e.Message, e);
        }
        Config = config;
        storage = HostStorage.Borrow(file, file.Pointer, file.Length); // keeps the map open
        long keys = config.HeadSize * kvHeads, rotary = (long)context * config.HeadSize; // cosines and sines; they are computed instead
        Int128 layer = 2L * width + 2L * width * width + 2 * keys * width + 3L * hidden * width;
        var size = Header + 4 * ((Int128)vocab * width * (config.Tied ? 1 : 2) + layers * layer + width + rotary);
        if (size != file.Length)
            throw new MalformedFileException(path, $"{file.Length} bytes",
                $"{size} for the shape {string.Join(", ", header)}; is the file truncated, or of another format?");
        var at = (long)Header;
        Add("tokens/weight", vocab, width);
        AddLayers("attention_norm/weight", width);
        AddLayers("attention/query/weight", width, width);
        AddLayers("attention/key/weight", keys, width);
        AddLayers("attention/value/weight", keys, width);
        AddLayers("attention/output/weight", width, width);
        AddLayers("feed_forward_norm/weight", width);
        AddLayers("feed_forward/gate/weight", hidden, width);
        AddLayers("feed_forward/down/weight", width, hidden);
        AddLayers("feed_forward/up/weight", hidden, width);
        Add("norm/weight", width);
        at += 4 * rotary;
        if (!config.Tied)
            Add("output/weight", vocab, width);

        void AddLayers(string name, params long[] shape)
        {
            for (var i = 0; i < layers; i++)
                Add($"blocks/{i}/{name}", shape);
        }

        void Add(string name, params long[] shape)
        {
            tensors.Add(name, new Stored(this, name, shape, at));
            at += shape.Aggregate(4L, (n, e) => n * e);
        }
    }

    /// <summary>Maps a file and checks its size. Throws <see cref="MalformedFileException"/>.</summary>
    public static Llama2cFile Open(string path) => new(path);

    /// <summary>Whether a path has the extension of such a file.</summary>
    public static bool Is(string path) => path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public string FilePath { get; }

    /// <summary>Shape of the model.</summary>
    public LlamaConfig Config { get; }

    /// <summary>The tensors, under Nonet's parameter paths.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => tensors;

    /// <summary>Values of the model's parameters.</summary>
    public CheckpointWeights Weights =>
        new(this, new ForeignNames("", path => new ForeignWeight(path)) { Tied = Config.Tied ? ["tokens/weight", "output/weight"] : [] });

    sealed class Stored(Llama2cFile file, string name, long[] shape, long start) : StoredTensor(file.FilePath, name, "F32", shape)
    {
        public override DType? DType => Nonet.Tensors.DType.F32;
        public override long Bytes => shape.Aggregate(4L, (n, e) => n * e);
        internal override Tensor Read(long first, Shape part, HostDevice device) =>
            device.Borrow(file.storage, Nonet.Tensors.DType.F32, part, start + 4 * first);
    }
}
