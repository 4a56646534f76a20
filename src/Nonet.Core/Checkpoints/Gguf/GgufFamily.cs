using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Layers;

namespace Nonet.Checkpoints.Gguf;

/// <summary>The format of one architecture in GGUF: its metadata and the names of its tensors.</summary>
abstract class GgufFamily
{
    static IEnumerable<GgufFamily> All => CheckpointFamily.All.Select(f => f.Gguf).OfType<GgufFamily>();

    /// <summary>general.architecture.</summary>
    public abstract string Architecture { get; }

    /// <summary>Whether the architecture has fields for all settings of a model.</summary>
    public abstract bool Keeps(ModelConfig config);

    public abstract ModelConfig Read(GgufFile file);
    public abstract void Write(GgufWriter writer, ModelConfig config);
    public abstract ForeignNames Names(ModelConfig config);

    /// <summary>Number of layers of a model.</summary>
    public abstract int LayersOf(ModelConfig config);

    /// <summary>The stacks of layers, as <see cref="Families.CheckpointFamily.Stacks"/>.</summary>
    public IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [(Key("block_count"), "blocks", LayersOf(config))];

    /// <summary>Tables that are not parameters: factors of rotary frequencies.</summary>
    public virtual IEnumerable<(string Name, float[] Values)> Extra(ModelConfig config) => [];

    public static GgufFamily Of(GgufFile file)
    {
        var name = file.Metadata.Text("general.architecture")
            ?? throw new MalformedFileException(file.FilePath, "no metadata 'general.architecture'", $"one of {Names()}");
        return All.FirstOrDefault(f => f.Architecture == name)
            ?? throw new MalformedFileException(file.FilePath, $"architecture '{name}'", $"one that is supported: {Names()}");
    }

    public static GgufFamily Of(ModelConfig config) => CheckpointFamily.Of(config).Gguf is { } family && family.Keeps(config) ? family
        : throw new NotSupportedException(
            $"a {config.Family} {(CheckpointFamily.Of(config).Gguf is null ? "" : "with these settings ")}cannot be written as GGUF; expected one of "
            + $"{Names()}");

    static string Names() => string.Join(", ", All.Select(f => f.Architecture).Distinct().Order(StringComparer.Ordinal));

    protected string Key(string name) => $"{Architecture}.{name}";

    /// <summary>Number of token ids: rows of the token table.</summary>
    protected static int Vocab(GgufFile file)
    {
        if (!file.Tensors.TryGetValue("token_embd.weight", out var table))
            throw new MalformedFileException(file.FilePath, "no tensor 'token_embd.weight'", "the token table");
        return table.Shape.Count == 2 && table.Shape[0] is > 0 and <= int.MaxValue ? (int)table.Shape[0]
            : throw new MalformedFileException(file.FilePath, $"tensor 'token_embd.weight' of shape [{string.Join(", ", table.Shape)}]", "(vocabulary, width)");
    }

    protected RopeScaling? ReadScaling(GgufFile file, int context)
    {
        var m = file.Metadata;
        var trained = m.Positive(Key("rope.scaling.original_context_length"), context);
        return (m.Text(Key("rope.scaling.type")) ?? "none") switch
        {
            "none" => null,
            "linear" => new LinearRope(m.Number(Key("rope.scaling.factor"), null)),
            "yarn" => new YarnRope(m.Number(Key("rope.scaling.factor"), null), trained),
            "longrope" => null, // its factors are tensors
            var other => throw new MalformedFileException(file.FilePath, $"metadata '{Key("rope.scaling.type")}' = '{other}'",
                "none, linear, yarn or longrope"),
        };
    }

    protected void WriteScaling(GgufWriter writer, RopeScaling? scaling)
    {
        switch (scaling)
        {
            case null or Llama3Rope:
                break; // Llama 3 keeps a table of factors
            case LinearRope linear:
                writer.Text(Key("rope.scaling.type"), "linear").F32(Key("rope.scaling.factor"), (float)linear.Factor);
                break;
            case YarnRope { FastRotations: 32, SlowRotations: 1, Truncate: true } yarn when yarn.GivenAttentionFactor is null:
                writer.Text(Key("rope.scaling.type"), "yarn").F32(Key("rope.scaling.factor"), (float)yarn.Factor)
                    .U32(Key("rope.scaling.original_context_length"), (uint)yarn.TrainedContext);
                break;
            default:
                throw new NotSupportedException(
                    $"rotary positions scaled as {scaling.Kind} with these settings cannot be kept in GGUF of architecture {Architecture}");
        }
    }

    /// <summary>Throws for a window if the architecture has no field for it, unless no sequence is longer.</summary>
    protected void RefuseWindow(int? window, int context)
    {
        if (window < context)
            throw new NotSupportedException($"a window of {window} tokens cannot be kept in GGUF of architecture {Architecture}");
    }
}
