using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Stores a decoder without an output layer as transformers' classes LlamaModel, Qwen3Model and so on do.</summary>
sealed class TrunkFamily(CheckpointFamily trunk) : CheckpointFamily
{
    /// <summary>The family of such a class; null if the class does not belong to the trunk's family.</summary>
    public static TrunkFamily? Of(CheckpointFamily trunk, string architecture) =>
        trunk.TaskClasses is { } classes && architecture == classes.Prefix + "Model" ? new TrunkFamily(trunk) : null;

    public override string ModelType => trunk.ModelType;
    public override (int? Begin, int? End, int? Padding) Marks => trunk.Marks;
    public override bool WritesPadding => trunk.WritesPadding;
    public override IReadOnlyDictionary<string, string>? Aliases => trunk.Aliases;
    public override IReadOnlyList<string> Architectures => [trunk.TaskClasses!.Prefix + "Model"];
    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => trunk.Stacks(((DecoderTrunkConfig)config).Trunk);

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var decoder = trunk.Read(json, trunk.Architectures[0]);
        return new DecoderTrunkConfig { Vocab = decoder.Vocab, Trunk = decoder };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config) => trunk.Write(json, ((DecoderTrunkConfig)config).Trunk);

    /// <summary>The trunk's names without their prefix: transformers adds it under a head only.</summary>
    public override ForeignNames Names(ModelConfig config)
    {
        var names = trunk.Names(((DecoderTrunkConfig)config).Trunk);
        return names with
        {
            Map = path => names.Map(path) is not { } weight ? null
                : weight.Name.StartsWith(names.Prefix, StringComparison.Ordinal) ? weight with { Name = weight.Name[names.Prefix.Length..] } : weight,
            Tied = [],
        };
    }
}
