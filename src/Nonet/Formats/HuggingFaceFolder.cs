using System.Runtime.InteropServices;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Formats;

/// <summary>A model folder as transformers keeps it: config.json, model.safetensors (or shards), tokenizer.json. GPT-2 and LLaMA.</summary>
public sealed class HuggingFaceFolder
{
    const string ConfigName = "config.json";

    HuggingFaceFolder(string folder)
    {
        FolderPath = folder;
        var config = Path.Combine(folder, ConfigName);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: found no such folder; expected a Hugging Face model folder");
        if (!File.Exists(config))
            throw new FileNotFoundException($"{folder}: found no {ConfigName}; expected a Hugging Face model folder: {ConfigName}, {SafetensorsShards.Single}", config);
        Config = HuggingFaceConfig.Read(JsonFields.Read(config));
        Weights = new HfWeights(new SafetensorsShards(folder), ForeignNames.Of(Config));
    }

    public string FolderPath { get; }

    /// <summary>A <see cref="Models.GptConfig"/> or a <see cref="Models.LlamaConfig"/>.</summary>
    public object Config { get; }

    /// <summary>The values of the model's parameters, for a <see cref="ParameterStore"/> to be filled from.</summary>
    public HfWeights Weights { get; }

    /// <summary>Whether the folder has a tokenizer that <see cref="Tokenizer.Load"/> can look at.</summary>
    public bool HasTokenizer => Tokenizer.IsIn(FolderPath);

    /// <summary>Reads the config and maps the weights; nothing is copied yet.</summary>
    public static HuggingFaceFolder Open(string folder) => new(folder);

    /// <summary>Reads config.json alone: a <see cref="Models.GptConfig"/> or a <see cref="Models.LlamaConfig"/>.</summary>
    public static object ReadConfig(string file) => HuggingFaceConfig.Read(JsonFields.Read(file));

    /// <summary>
    /// Writes what transformers' from_pretrained opens, each file whole or not at all. Weights keep their dtype. A model with interleaved rotary
    /// heads is written with the rows of query and key in half-split order, as transformers needs them, and reads back as half-split.
    /// </summary>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="config">A <see cref="Models.GptConfig"/> or a <see cref="Models.LlamaConfig"/>.</param>
    /// <param name="parameters">The model's parameters, filled.</param>
    /// <param name="tokenizer">Saved beside the weights; its end mark goes into the config.</param>
    public static void Save(string folder, object config, ParameterStore parameters, Tokenizer? tokenizer = null)
    {
        var names = ForeignNames.Of(config);
        var writer = new SafetensorsWriter();
        var type = DType.F32;
        var weights = parameters.Parameters.Select(p => (Parameter: p, Weight: names.Map(p.Path)
            ?? throw new ArgumentException($"parameter {p} has no name in a {names.Prefix.TrimEnd('.')} checkpoint", nameof(parameters))));
        foreach (var group in weights.GroupBy(w => names.Full(w.Weight)))
        {
            var parts = group.OrderBy(w => w.Weight.Part).Select(w => w.Parameter.Value).ToArray();
            var weight = group.First().Weight;
            if (parts.Length != weight.Parts)
                throw new ArgumentException($"{parts.Length} of the {weight.Parts} parts of '{group.Key}' are there", nameof(parameters));
            type = parts[0].DType;
            writer.Add(group.Key, type, HfWeights.TheirShape(parts[0].Shape, weight), stream => WriteParts(stream, parts, weight));
        }
        writer.Save(Path.Combine(folder, SafetensorsShards.Single));
        tokenizer?.Save(folder);
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => HuggingFaceConfig.Write(stream, config, TorchName(type), tokenizer?.EndOfText));
    }

    static void WriteParts(Stream stream, Tensor[] parts, ForeignWeight weight)
    {
        if (weight.Transposed)
        {
            switch (parts[0].DType.Size())
            {
                case 8: WriteTransposed<double>(stream, parts); break;
                case 4: WriteTransposed<float>(stream, parts); break;
                default: WriteTransposed<ushort>(stream, parts); break;
            }
            return;
        }
        foreach (var part in parts)
        {
            var width = part.Shape.Last;
            var rows = (int)(part.Elements / width);
            if (weight.Deinterleave == 0)
            {
                for (var row = 0; row < rows; row++)
                    stream.Write(HfWeights.RowBytes(part, row, width));
                continue;
            }
            var order = Enumerable.Range(0, rows).ToArray();
            Array.Sort([.. order.Select(row => HfWeights.HalfSplitRow(row, weight.Deinterleave))], order);
            foreach (var row in order)
                stream.Write(HfWeights.RowBytes(part, row, width));
        }
    }

    /// <summary>Row r of (In, Parts · Out): column r of every part in turn.</summary>
    static void WriteTransposed<T>(Stream stream, Tensor[] parts) where T : unmanaged
    {
        var (outputs, inputs) = (parts[0].Shape[0], parts[0].Shape[1]);
        var row = new T[outputs * parts.Length];
        for (var r = 0; r < inputs; r++)
        {
            for (var p = 0; p < parts.Length; p++)
            {
                ReadOnlySpan<T> x = parts[p].AsSpan<T>();
                for (var o = 0; o < outputs; o++)
                    row[p * outputs + o] = x[o * inputs + r];
            }
            stream.Write(MemoryMarshal.AsBytes<T>(row));
        }
    }

    static string TorchName(DType type) => type switch
    {
        DType.BF16 => "bfloat16",
        DType.F16 => "float16",
        DType.F64 => "float64",
        _ => "float32",
    };
}
