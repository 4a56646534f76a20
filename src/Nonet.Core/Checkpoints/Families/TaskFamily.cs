using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// Stores a decoder with a task's output layer as transformers' classes ForSequenceClassification, ForTokenClassification and ForQuestionAnswering
/// do. transformers has no class for multiple choice over a decoder; Nonet stores it in the same way.
/// </summary>
sealed class TaskFamily(CheckpointFamily trunk) : CheckpointFamily
{
    const string Trunk = "model.", OtherTrunk = "transformer.", Classifier = "classifier";

    static readonly (string Class, ModelHead Head)[] heads =
    [
        ("ForSequenceClassification", ModelHead.SequenceClassification), ("ForTokenClassification", ModelHead.TokenClassification),
        ("ForQuestionAnswering", ModelHead.QuestionAnswering), ("ForMultipleChoice", ModelHead.MultipleChoice),
    ];

    /// <summary>The family of a class for a task; null if the trunk has no such class.</summary>
    public static TaskFamily? Of(CheckpointFamily trunk, string architecture) =>
        trunk.TaskClasses is not null && new TaskFamily(trunk) is var family && family.Architectures.Contains(architecture) ? family : null;

    TaskClasses Own => trunk.TaskClasses ?? throw new NotSupportedException($"a {ModelType} takes no output layer of a task; expected an encoder or a decoder");

    public override string ModelType => trunk.ModelType;
    public override (int? Begin, int? End, int? Padding) Marks => trunk.Marks;
    public override bool WritesPadding => trunk.WritesPadding;
    public override IReadOnlyDictionary<string, string>? Aliases => trunk.Aliases;
    public override IReadOnlyList<string> Architectures => [.. heads.Select(h => Own.Prefix + h.Class)];
    public override string ArchitectureOf(ModelConfig config) => Own.Prefix + heads.First(h => h.Head == Head(config).Kind).Class;
    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => trunk.Stacks(((TaskDecoderConfig)config).Trunk);

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var decoder = trunk.Read(json, trunk.Architectures[0]);
        var dropout = json.Has("classifier_dropout") ? "classifier_dropout" : "hidden_dropout";
        return new TaskDecoderConfig
        {
            Vocab = decoder.Vocab,
            Trunk = decoder,
            Head = LabelFields.Read(json, heads.First(h => architecture.EndsWith(h.Class, StringComparison.Ordinal)).Head),
            Dropout = (float)json.Number(dropout, 0.1, 0, 0.99),
        };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (TaskDecoderConfig)config;
        trunk.Write(json, c.Trunk);
        if (c.Head.Kind == ModelHead.TokenClassification)
            json.WriteReal("classifier_dropout", c.Dropout);
        LabelFields.Write(json, c.Head);
    }

    /// <summary>The trunk's names, and those of the output layer. Some classes for question answering call the trunk "transformer".</summary>
    public override ForeignNames Names(ModelConfig config)
    {
        var (head, names) = (Head(config), trunk.Names(((TaskDecoderConfig)config).Trunk));
        var renamed = head.Kind == ModelHead.QuestionAnswering && Own.AnswersUnderTransformer;
        var output = head.Kind switch
        {
            ModelHead.QuestionAnswering => "qa_outputs",
            ModelHead.TokenClassification => Own.TokenOutput,
            _ => "score",
        };
        return names with
        {
            Prefix = renamed ? OtherTrunk : names.Prefix,
            Map = path => path.Split('/') is [Classifier, var w] ? new ForeignWeight($"{output}.{w}")
                : names.Map(path) is { } weight ? renamed ? weight with { Name = OtherTrunk + weight.Name[Trunk.Length..] } : weight : null,
            Alternatives = renamed ? name =>
                name.StartsWith(OtherTrunk, StringComparison.Ordinal) ? [name, Trunk + name[OtherTrunk.Length..]] : [name] : names.Alternatives,
            Tied = [],
            Heads = [Classifier],
            TaskHeads = [Classifier],
        };
    }

    static TaskHead Head(ModelConfig config) => ((TaskDecoderConfig)config).Head;
}

/// <summary>Names of transformers' classes for tasks over a family's decoder, and of their tensors.</summary>
/// <param name="Prefix">Name of the classes before ForSequenceClassification and so on.</param>
sealed record TaskClasses(string Prefix)
{
    /// <summary>Name of the output layer of token classification.</summary>
    public string TokenOutput { get; init; } = "score";

    /// <summary>Whether the trunk is called "transformer" instead of "model" in question answering.</summary>
    public bool AnswersUnderTransformer { get; init; }
}
