using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Gguf;

namespace Nonet.Checkpoints.Gguf;

/// <summary>A model in a GGUF file: its shape, its weights, its tokenizer.</summary>
public sealed class GgufModel
{
    /// <summary>Types that <see cref="Save"/> writes weights in.</summary>
    public static readonly IReadOnlyList<string> Types = ["F32", "F16", "BF16", "Q8_0"];

    static readonly Dictionary<string, uint> fileTypes = new() { ["F32"] = 0, ["F16"] = 1, ["Q8_0"] = 7, ["BF16"] = 32 };

    GgufModel(string path)
    {
        File = GgufFile.Open(path);
        var family = GgufFamily.Of(File);
        var config = family.Read(File);
        try
        {
            config.Check();
        }
        catch (ConfigException e)
        {
            throw new MalformedFileException(path, $"metadata that makes no {config.Family}", e.Message, e);
        }
        Config = config;
        Weights = new CheckpointWeights(File, family.Names(config));
        Weights.CheckCounts(path, family.Stacks(config));
    }

    public GgufFile File { get; }
    public ModelConfig Config { get; }

    /// <summary>The values of the model's parameters, for a <see cref="ParameterStore"/> to be filled from: over the file's map, in F32, F16, BF16 and Q8_0; other quantised types are decoded.</summary>
    public CheckpointWeights Weights { get; }

    /// <summary>Reads the metadata and maps the weights; nothing is copied yet.</summary>
    public static GgufModel Open(string path) => new(path);

    /// <summary>Writes a model as llama.cpp opens it. Norms, biases, position tables and routers stay F32; a matrix whose rows a block does not divide is written as F16.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">The model's shape; an architecture that GGUF has, with settings that it has fields for.</param>
    /// <param name="parameters">Its parameters, filled.</param>
    /// <param name="tokenizer">Its tokenizer; null: none is written, and the file says so.</param>
    /// <param name="type">One of <see cref="Types"/>.</param>
    /// <param name="name">general.name. llama.cpp looks for tokens of Phi-3 where it contains phi3.</param>
    /// <param name="settings">Marks, generation and chat templates, such as those of the model that this one was made of; null: what the tokenizer's end mark says.</param>
    public static void Save(string path, ModelConfig config, ParameterStore parameters, Tokenizer? tokenizer = null, string type = "F16", string? name = null, ModelSettings? settings = null)
    {
        if (!fileTypes.TryGetValue(type, out var fileType))
            throw new ArgumentException($"type '{type}'; expected {string.Join(", ", Types)}", nameof(type));
        var family = GgufFamily.Of(config);
        var names = family.Names(config);
        var writer = new GgufWriter().Text("general.architecture", family.Architecture).Text("general.name", name ?? "nonet")
            .U32("general.file_type", fileType).U32("general.quantization_version", 2);
        family.Write(writer, config);
        if (tokenizer is not null)
        {
            GgufTokenizer.Write(writer, tokenizer, config.Vocab);
            (settings ?? ModelSettings.Of(config, tokenizer)).Write(writer, tokenizer);
        }
        else
            writer.Text("tokenizer.ggml.model", GgufTokenizer.None);
        foreach (var (table, values) in family.Extra(config))
            writer.Tensor(table, [values.Length], "F32", () => [values]);
        var weights = parameters.Parameters.Select(p => (Parameter: p, Weight: names.Map(p.Path)
            ?? throw new ArgumentException($"parameter {p} has no name in a GGUF of architecture {family.Architecture}", nameof(parameters))));
        foreach (var group in weights.GroupBy(w => w.Weight.Name))
        {
            var parts = group.OrderBy(w => w.Weight.Start).ToArray();
            var shape = CheckpointWeights.TheirShape(parts[0].Parameter.Shape, parts[0].Weight);
            var kept = !IsConverted(parts[0].Parameter.Role) ? "F32" : type == "Q8_0" && shape[^1] % 32 != 0 ? "F16" : type;
            if (kept == "Q8_0" && parts.All(part => part.Parameter.Value.DType == DType.Q8_0 && !part.Weight.IsAltered))
                writer.Tensor(group.Key, shape, kept, stream => WriteBlocks(stream, parts));
            else
                writer.Tensor(group.Key, shape, kept, () => parts.SelectMany(part => Rows(part.Parameter.Value, part.Weight)));
        }
        writer.Save(path);
    }

    /// <summary>Whether weights of a role are written in the type that was asked for. llama.cpp computes with the others in F32.</summary>
    static bool IsConverted(ParameterRole role) => role is ParameterRole.Matrix or ParameterRole.Embedding or ParameterRole.Head;

    /// <summary>Rows of blocks as they lie, in their order.</summary>
    static void WriteBlocks(Stream stream, (Parameter Parameter, ForeignWeight Weight)[] parts)
    {
        foreach (var (parameter, weight) in parts)
        {
            using var scope = new TensorScope();
            var values = parameter.Value.Download();
            foreach (var row in CheckpointWeights.TheirRows(parameter.Shape[0], weight))
                stream.Write(values.RowBytes(row, 1));
        }
    }

    /// <summary>The values as floats, downloaded, a row at a time, in their order.</summary>
    internal static IEnumerable<float[]> Rows(Tensor x, ForeignWeight weight)
    {
        using var copy = x.Device is HostDevice ? null : x.Download();
        x = copy ?? x;
        var (rows, width) = x.Shape.Rank == 1 ? (weight.Interleave != 0 || weight.Deinterleave != 0 ? x.Shape[0] : 1, 0) : (x.Shape[0], x.Shape[1]);
        width = (int)(x.Elements / rows);
        var scale = weight.Scale == 0 ? 1 : weight.Scale;
        foreach (var row in CheckpointWeights.TheirRows(rows, weight))
        {
            var values = new float[width];
            for (var i = 0; i < width; i++)
                values[i] = (float)x.Value((long)row * width + i);
            if (weight.IsAltered)
            {
                for (var i = 0; i < width; i++)
                    values[i] = (values[i] - weight.Offset) / scale;
            }
            yield return values;
        }
    }
}
