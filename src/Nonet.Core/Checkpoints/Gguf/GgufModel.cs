using Nonet.Checkpoints.Adapters;
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
            throw new MalformedFileException(path, $"metadata of an invalid {config.Family}", e.Message, e);
        }
        Config = config;
        Weights = new CheckpointWeights(File, family.Names(config));
        Weights.CheckCounts(path, family.Stacks(config));
    }

    /// <summary>The file.</summary>
    public GgufFile File { get; }

    /// <summary>Shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>Values of the model's parameters, for filling a <see cref="ParameterStore"/>. They use the mapped file, in the types stored there.</summary>
    public CheckpointWeights Weights { get; }

    /// <summary>Reads the metadata and maps the weights; nothing is copied yet.</summary>
    public static GgufModel Open(string path) => new(path);

    /// <summary>
    /// Writes a model for llama.cpp. Norms, biases, position tables and routers stay F32. A matrix whose rows are not whole blocks of the type is
    /// written in another type, at worst F16.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="config">Shape of the model. GGUF must support its architecture and settings.</param>
    /// <param name="parameters">Filled parameters of the model.</param>
    /// <param name="tokenizer">Tokenizer of the model; null: none is written, and the file says so.</param>
    /// <param name="type">Name of a <see cref="QuantizationMix"/>.</param>
    /// <param name="name">general.name. llama.cpp looks for tokens of Phi-3 where it contains phi3.</param>
    /// <param name="settings">
    /// Special tokens, generation settings and chat templates, such as those of the original model; null: those that follow from the end token.
    /// </param>
    /// <param name="progress">Receives each tensor after it is written.</param>
    /// <param name="threads">Number of threads that encode; null: all cores.</param>
    /// <param name="adapter">
    /// Adapter that is merged into the written weights, in F32 before they are converted; the parameters do not change. Null: none.
    /// </param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>; no file is left.</param>
    public static void Save(
        string path, ModelConfig config, ParameterStore parameters, Tokenizer? tokenizer = null, string type = "F16", string? name = null,
        ModelSettings? settings = null,
        IProgress<WrittenTensor>? progress = null, int? threads = null, PeftAdapter? adapter = null, CancellationToken stopping = default)
    {
        var mix = QuantizationMix.Named(type)
            ?? throw new ArgumentException($"type '{type}'; expected {string.Join(", ", QuantizationMix.All.Select(m => m.Name))}", nameof(type));
        var family = GgufFamily.Of(config);
        var names = family.Names(config);
        var writer = new GgufWriter().Text("general.architecture", family.Architecture).Text("general.name", name ?? "nonet")
            .U32("general.file_type", mix.FileType).U32("general.quantization_version", 2);
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
        var weights = parameters.Parameters.Where(p => adapter?.Owns(p) != true).Select(p => (Parameter: p, Weight: names.Map(p.Path)
            ?? throw new ArgumentException($"parameter {p} has no name in a GGUF of architecture {family.Architecture}", nameof(parameters))));
        var groups = weights.GroupBy(w => w.Weight.Name).ToArray();
        var model = QuantizationMix.Model.Of(config, family.LayersOf(config), groups.Any(g => g.Key == "output.weight"));
        var (done, all) = (0L, parameters.Count);
        foreach (var group in groups)
        {
            var parts = group.OrderBy(w => w.Weight.Start).ToArray();
            var shape = CheckpointWeights.TheirShape(parts[0].Parameter.Shape, parts[0].Weight);
            var kept = IsConverted(parts[0].Parameter.Role) ? mix.TypeOf(group.Key, shape[^1], model) : "F32";
            writer.Tensor(group.Key, shape, kept, stream =>
            {
                var (encoder, start, elements) =
                    (new TensorEncoder(kept, threads ?? Environment.ProcessorCount, stopping, adapter), stream.Position, parts.Sum(p => p.Parameter.Elements));
                encoder.Write(stream, parts);
                done += elements;
                progress?.Report(new WrittenTensor(group.Key, kept, elements, stream.Position - start, encoder.Rmse, encoder.RelativeRmse, (double)done / all)
                {
                    ChangeRms = encoder.ChangeRms
                });
            });
        }
        writer.Save(path);
    }

    /// <summary>Whether weights of a role are written in the requested type. llama.cpp computes with the others in F32.</summary>
    static bool IsConverted(ParameterRole role) => role is ParameterRole.Matrix or ParameterRole.Embedding or ParameterRole.Head;

    /// <summary>The values as floats, downloaded row by row, in the order of the file.</summary>
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
            if (rows == 1)
                x.Reshape(new Shape(1, width)).ReadRow(0, values);
            else
                x.ReadRow(row, values);
            if (weight.IsAltered)
            {
                for (var i = 0; i < width; i++)
                    values[i] = (values[i] - weight.Offset) / scale;
            }
            yield return values;
        }
    }
}
