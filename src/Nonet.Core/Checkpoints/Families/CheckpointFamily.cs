using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// The storage format of one family of models: its config.json, the names of its tensors, and its GGUF. A family is one file in this folder. It
/// registers itself, so no other file contains a list of families.
/// </summary>
abstract class CheckpointFamily
{
    static readonly List<CheckpointFamily> all = [];

    /// <summary>Every family.</summary>
    public static IReadOnlyList<CheckpointFamily> All => all;

    /// <summary>Called by each family's module initializer.</summary>
    protected static void Register(CheckpointFamily family) => all.Add(family);

    /// <summary>model_type.</summary>
    public abstract string ModelType { get; }

    /// <summary>The classes whose checkpoints can be opened.</summary>
    public abstract IReadOnlyList<string> Architectures { get; }

    public abstract ModelConfig Read(JsonFields json, string architecture);

    /// <summary>Writes the fields of a config.json between the family's name and the special tokens.</summary>
    public abstract void Write(Utf8JsonWriter json, ModelConfig config);

    /// <summary>A number of layers. It is limited before the tensors are known, because readers create something for each layer.</summary>
    protected static int Layers(JsonFields json, string name, int? otherwise = null) => json.Positive(name, otherwise, ModelConfig.MostLayers);

    /// <summary>The class that opens a checkpoint of this configuration.</summary>
    public virtual string ArchitectureOf(ModelConfig config) => Architectures[0];

    public abstract ForeignNames Names(ModelConfig config);

    /// <summary>Default ids of transformers' class, for ids that a config.json does not name.</summary>
    public virtual (int? Begin, int? End, int? Padding) Marks => default;

    /// <summary>Whether <see cref="Write"/> writes pad_token_id.</summary>
    public virtual bool WritesPadding => false;

    /// <summary>The stacks of layers of a model: the field with their number, Nonet's path before a layer's number, and the number of layers.</summary>
    public virtual IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [];

    /// <summary>Alternative names of fields, as in transformers' attribute_map: the other name by the usual one.</summary>
    public virtual IReadOnlyDictionary<string, string>? Aliases => null;

    /// <summary>
    /// The configuration that the stored tensors require. If config.json says that matrices are tied but the file holds different values for them,
    /// each is used, as in transformers.
    /// </summary>
    /// <param name="config">Configuration in config.json.</param>
    /// <param name="store">The checkpoint's tensors.</param>
    /// <param name="warnings">Receives a sentence if the two differ.</param>
    public virtual ModelConfig Untie(ModelConfig config, ITensorStore store, List<string> warnings)
    {
        var names = Names(config);
        if (names.Tied.Count == 0 || config.Untied() is not { } untied)
            return config;
        var (table, output) = (CheckpointWeights.First(store, names.Own(names.Tied[0])), CheckpointWeights.First(store, names.Own(names.Tied[^1])));
        if (table is null || output is null || table.HasValuesOf(output))
            return config;
        warnings.Add(Differ(table, output));
        return untied;
    }

    /// <summary>Warning about two matrices that should be tied.</summary>
    protected static string Differ(StoredTensor table, StoredTensor output) =>
        $"{output.FilePath}: '{table.Name}' and '{output.Name}' differ although config.json says tie_word_embeddings: both are used; set it to false";

    /// <summary>
    /// The classes for tasks over this decoder, such as LlamaForSequenceClassification. Null if there are none, as for an encoder, whose classes are
    /// among <see cref="Architectures"/>.
    /// </summary>
    public virtual TaskClasses? TaskClasses => null;

    /// <summary>The format of the family in GGUF; null: GGUF does not support it.</summary>
    public virtual GgufFamily? Gguf => null;

    public static CheckpointFamily Of(ModelConfig config) =>
        config is TaskDecoderConfig { Trunk: var trunk } ? new TaskFamily(Of(trunk))
        : config is DecoderTrunkConfig { Trunk: var bare } ? new TrunkFamily(Of(bare)) : all.SingleOrDefault(f => f.ModelType == config.Family)
        ?? throw new ArgumentException($"{config.GetType().Name}: no checkpoint family is called {config.Family}", nameof(config));

    /// <summary>The family that a config.json names; null if it names none, or one that is not supported.</summary>
    public static CheckpointFamily? Find(JsonFields json) => json.IsText("model_type") ? all.FirstOrDefault(f => f.ModelType == json.Text("model_type")) : null;

    /// <summary>The family and class that a config.json names.</summary>
    public static (CheckpointFamily Family, string Architecture) Of(JsonFields json)
    {
        var architectures = json.Array("architectures");
        var architecture = architectures.Count > 0 && architectures[0].ValueKind == JsonValueKind.String ? architectures[0].GetString() : null;
        var type = json.Text("model_type") ?? (architecture is null ? throw json.Missing("model_type", $"one of {Types}")
            : all.FirstOrDefault(f => f.Architectures.Contains(architecture) || OverTrunk(f, architecture) is not null)?.ModelType ?? architecture);
        var family = all.FirstOrDefault(f => f.ModelType == type)
            ?? throw new MalformedFileException(json.File, $"architecture {architecture ?? "(none)"} of model_type '{type}'",
                $"one that is supported: {Types}");
        architecture ??= family.Architectures[0];
        return family.Architectures.Contains(architecture) ? (family, architecture)
            : OverTrunk(family, architecture) is { } other ? (other, architecture)
            : throw new MalformedFileException(json.File, $"architecture {architecture} of model_type '{type}'", string.Join(" or ", family.Architectures));
    }

    /// <summary>The family for a class that is a decoder's trunk without its output layer; null if the family has no such class.</summary>
    static CheckpointFamily? OverTrunk(CheckpointFamily family, string architecture) =>
        (CheckpointFamily?)TaskFamily.Of(family, architecture) ?? TrunkFamily.Of(family, architecture);

    static string Types => string.Join(", ", all.Select(f => f.ModelType).Order(StringComparer.Ordinal));

    static readonly (string Name, Activation Activation)[] activations =
    [
        ("gelu", Activation.Gelu), ("gelu_new", Activation.GeluTanh), ("gelu_pytorch_tanh", Activation.GeluTanh), ("gelu_fast", Activation.GeluTanh),
        ("relu", Activation.Relu), ("silu", Activation.Silu), ("swish", Activation.Silu), ("tanh", Activation.Tanh), ("sigmoid", Activation.Sigmoid),
    ];

    protected static Activation ReadActivation(JsonFields json, string field, string otherwise)
    {
        var name = json.Text(field) ?? otherwise;
        foreach (var (known, activation) in activations)
        {
            if (known == name)
                return activation;
        }
        throw json.Wrong(field, string.Join(", ", activations.Select(a => a.Name)));
    }

    /// <summary>transformers' name of an activation.</summary>
    protected static string NameOf(Activation activation) => activations.First(a => a.Activation == activation).Name;

    /// <summary>width / heads. If it is not an integer, the error names the fields.</summary>
    protected static int Share(JsonFields json, string widthField, int width, string headsField, int heads) =>
        width % heads == 0 ? width / heads : throw json.Wrong(headsField, $"a divisor of {widthField} {width}");

    /// <summary>Checks a configuration by its own rules. An error names the file.</summary>
    public static ModelConfig Checked(JsonFields json, ModelConfig config)
    {
        try
        {
            config.Check();
            return config;
        }
        catch (ConfigException e)
        {
            throw new MalformedFileException(json.File, $"fields of an invalid {config.Family}", e.Message, e);
        }
    }
}
