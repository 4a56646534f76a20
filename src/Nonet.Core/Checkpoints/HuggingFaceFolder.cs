using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Nonet.Checkpoints.Adapters;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Checkpoints;

/// <summary>A model folder in transformers' format: config.json, model.safetensors (or shards), tokenizer.json.</summary>
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
            throw new FileNotFoundException($"{folder}: found no {ConfigName}; expected a Hugging Face model folder: {ConfigName}, {FolderWeights.Single}",
                config);
        var read = HuggingFaceConfig.Read(JsonFields.Read(config));
        Tensors = new FolderWeights(folder);
        var warnings = new List<string>();
        Config = CheckpointFamily.Of(read).Untie(read, Tensors, warnings);
        Warnings = warnings;
        Weights = new CheckpointWeights(Tensors, CheckpointFamily.Of(Config).Names(Config));
        Weights.CheckCounts(config, CheckpointFamily.Of(Config).Stacks(Config), Config is TransformerConfig ? null : ("vocab_size", Config.Vocab));
    }

    /// <summary>Path of the folder.</summary>
    public string FolderPath { get; }

    /// <summary>Shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>Contradictions in the folder and how they were resolved, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Stored tensors, under transformers' names.</summary>
    public ITensorStore Tensors { get; }

    /// <summary>Values of the model's parameters. Fill a <see cref="ParameterStore"/> from them.</summary>
    public CheckpointWeights Weights { get; }

    /// <summary>Whether the folder contains a tokenizer that <see cref="Tokenizer.Load"/> can try to open.</summary>
    public bool HasTokenizer => Tokenizer.IsIn(FolderPath);

    /// <summary>Reads the configuration and maps the weights. Nothing is copied yet.</summary>
    public static HuggingFaceFolder Open(string folder) => new(folder);

    /// <summary>
    /// Values for a model of this trunk with another head, such as a classifier on a pre-trained BERT or LLaMA. The trunk comes from the folder,
    /// and so do a pooler and the prediction of masked tokens if it has them; other weights are random. A model with the same head and the same
    /// labels in the same order keeps the head. For <see cref="ParameterStore.FillForTraining"/>.
    /// </summary>
    /// <param name="config">This folder's <see cref="Config"/> with another head.</param>
    /// <exception cref="ArgumentException">The model is of another family.</exception>
    public IWeightSource WeightsForNew(ModelConfig config) => config.Family != Config.Family
        ? throw new ArgumentException($"{FolderPath}: found a {Config.Family}; expected a {config.Family}, whose weights a new head can stand on",
            nameof(config))
        : (config is BertConfig wanted && Config is BertConfig own ? wanted.HasHeadOf(own) : config.Task == Config.Task) ? Weights
        : Weights.ForNewHead(CheckpointFamily.Of(config).Names(config));

    /// <summary>Reads only config.json.</summary>
    public static ModelConfig ReadConfig(string file) => HuggingFaceConfig.Read(JsonFields.Read(file));

    /// <summary>The model of a config.json whose content is at hand, such as <see cref="ToJson"/> made.</summary>
    /// <param name="config">Content of config.json.</param>
    /// <param name="file">Where it comes from, for messages.</param>
    public static ModelConfig FromJson(JsonObject config, string file) =>
        HuggingFaceConfig.Read(JsonFields.Parse(file, System.Text.Encoding.UTF8.GetBytes(config.ToJsonString())));

    /// <summary>Content of config.json for a model with F32 weights and without a tokenizer.</summary>
    public static JsonObject ToJson(ModelConfig config)
    {
        using var stream = new MemoryStream();
        HuggingFaceConfig.Write(stream, config, TorchName(DType.F32), new ModelSettings());
        return (JsonObject)JsonNode.Parse(stream.ToArray())!;
    }

    /// <summary>
    /// Writes a folder that from_pretrained of transformers opens; each file is written completely or not at all. Weights keep their dtype.
    /// In a model with interleaved rotary heads, the rows of query and key are written in half-split order, which transformers needs, and
    /// it reads back as half-split.
    /// </summary>
    /// <param name="folder">Folder; it is created if missing.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="parameters">Filled parameters of the model.</param>
    /// <param name="tokenizer">Tokenizer to save with the weights.</param>
    /// <param name="dtype">F32, BF16 or F16 for all weights; null: each keeps its type, and quantised ones become F32.</param>
    /// <param name="adapter">Adapter among the parameters. It is merged in the written weights; the parameters do not change. Null: none.</param>
    /// <param name="settings">
    /// Special tokens, generation settings and chat templates, such as those of the model from which this one was made; null: those that
    /// follow from the tokenizer's end token.
    /// </param>
    public static void Save(string folder, ModelConfig config, ParameterStore parameters, Tokenizer? tokenizer = null, DType? dtype = null,
        PeftAdapter? adapter = null, ModelSettings? settings = null)
    {
        settings ??= ModelSettings.Of(config, tokenizer);
        var names = CheckpointFamily.Of(config).Names(config);
        var writer = new SafetensorsWriter();
        var type = DType.F32;
        var weights = parameters.Parameters.Where(p => adapter?.Owns(p) != true).Select(p => (Parameter: p, Weight: names.Map(p.Path)
            ?? throw new ArgumentException($"parameter {p} has no name in a checkpoint of {config.Family}", nameof(parameters))));
        foreach (var group in weights.GroupBy(w => w.Weight.Name))
        {
            var parts = group.OrderBy(w => w.Weight.Start).ToArray();
            var (first, weight) = (parts[0].Parameter.Value, parts[0].Weight);
            if (weight.Total != 0 && parts.Sum(w => w.Parameter.Shape[0]) != weight.Total)
                throw new ArgumentException($"{parts.Length} parts of '{group.Key}' have {parts.Sum(w => w.Parameter.Shape[0])} of its {weight.Total} rows",
                    nameof(parameters));
            var stored = dtype ?? (first.DType.IsQuantized() ? DType.F32 : first.DType);
            type = stored;
            writer.Add(group.Key, stored, CheckpointWeights.TheirShape(first.Shape, weight), stream => WriteParts(stream, parts, stored, adapter));
        }
        writer.Save(Path.Combine(folder, FolderWeights.Single));
        tokenizer?.Save(folder);
        settings.Write(folder);
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => HuggingFaceConfig.Write(stream, config, TorchName(type), settings));
    }

    static void WriteParts(Stream stream, (Parameter Parameter, ForeignWeight Weight)[] declared, DType type, PeftAdapter? adapter)
    {
        using var scope = new TensorScope();
        var parts = Array.ConvertAll(declared, d => (Values: (adapter?.Merged(d.Parameter) ?? d.Parameter.Value).Download(), d.Weight));
        if (parts[0].Weight.Transposed)
        {
            var values = parts.Select(part => Converted(part.Values, type)).ToArray();
            switch (values[0].DType.Size())
            {
                case 8: WriteTransposed<double>(stream, values); break;
                case 4: WriteTransposed<float>(stream, values); break;
                default: WriteTransposed<ushort>(stream, values); break;
            }
            return;
        }
        foreach (var (ours, weight) in parts)
        {
            var values = Converted(weight.IsAltered ? CheckpointWeights.Altered(CheckpointWeights.Plain(ours), 1 / weight.Scale, 0) : ours, type);
            var rows = values.Shape[0];
            var width = (int)(values.Elements / rows);
            foreach (var row in CheckpointWeights.TheirRows(rows, weight))
                stream.Write(CheckpointWeights.RowBytes(values, row, width));
        }
    }

    static Tensor Converted(Tensor x, DType type)
    {
        if (type == x.DType)
            return x;
        var y = x.Device.Empty(x.Shape, type);
        x.Device.Copy(x, y);
        return y;
    }

    /// <summary>Writes row r of (In, Total): column r of every part in turn.</summary>
    static void WriteTransposed<T>(Stream stream, Tensor[] parts) where T : unmanaged
    {
        var inputs = parts[0].Shape[1];
        var row = new T[parts.Sum(part => part.Shape[0])];
        for (var r = 0; r < inputs; r++)
        {
            var at = 0;
            foreach (var part in parts)
            {
                ReadOnlySpan<T> x = part.AsSpan<T>();
                for (var o = 0; o < part.Shape[0]; o++)
                    row[at++] = x[o * inputs + r];
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
