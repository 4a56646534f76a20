using System.Text.Json.Serialization;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Inference.Encoders;

namespace Nonet.Recipes.FineTuning;

/// <summary>The examples of a task: where they are, and which are held out.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = TaskKey)]
[JsonDerivedType(typeof(LabelledData), "classify")]
[JsonDerivedType(typeof(NumberedData), "regress")]
[JsonDerivedType(typeof(TaggedData), "tag")]
[JsonDerivedType(typeof(PassageData), "answer")]
[JsonDerivedType(typeof(ChoiceData), "choose")]
public abstract record FineTuneData
{
    internal const string TaskKey = "task";

    [Option("Fraction of the examples that is held out if validation is not given. An example's own text decides.", Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.1;

    [Option("Seed for the choice of held-out examples.")]
    public ulong Seed { get; init; } = 1;

    internal abstract FineTuneTask Read();
}

/// <summary>Texts, or pairs of texts, with a label.</summary>
public sealed record LabelledData : FineTuneData
{
    [Option("The training examples.", Expected = "path: the examples to train on")]
    public required LabelledTextOptions Train { get; init; }

    [Option("The held-out examples. Null: a part of the training examples.")]
    public LabelledTextOptions? Validation { get; init; }

    internal override FineTuneTask Read()
    {
        var train = LabelledTexts.Read(Train);
        return new ClassifyTask(train, Validation is null ? null : LabelledTexts.Read(Validation, train.Labels), HeldOut, Seed);
    }
}

/// <summary>Texts, or pairs of texts, with a number.</summary>
public sealed record NumberedData : FineTuneData
{
    [Option("The training examples.", Expected = "path: the examples to train on")]
    public required LabelledTextOptions Train { get; init; }

    [Option("The held-out examples. Null: a part of the training examples.")]
    public LabelledTextOptions? Validation { get; init; }

    internal override FineTuneTask Read() =>
        new ClassifyTask(LabelledTexts.Read(Train with { Numbers = true }), Validation is null ? null : LabelledTexts.Read(Validation with { Numbers = true }), HeldOut, Seed);
}

/// <summary>Sentences with a tag for each word.</summary>
public sealed record TaggedData : FineTuneData
{
    [Option("The training sentences.", Expected = "path: the examples to train on")]
    public required TaggedSentenceOptions Train { get; init; }

    [Option("The held-out sentences. Null: a part of the training sentences.")]
    public TaggedSentenceOptions? Validation { get; init; }

    internal override FineTuneTask Read()
    {
        var train = TaggedSentences.Read(Train);
        return new TagTask(train, Validation is null ? null : TaggedSentences.Read(Validation, train.Labels), HeldOut, Seed);
    }
}

/// <summary>Questions about passages.</summary>
public sealed record PassageData : FineTuneData
{
    [Option("The training questions.", Expected = "path: the examples to train on")]
    public required PassageOptions Train { get; init; }

    [Option("The held-out questions. Null: a part of the training questions.")]
    public PassageOptions? Validation { get; init; }

    [Option("How passages are divided into windows.")]
    public WindowOptions Windows { get; init; } = new();

    internal override FineTuneTask Read() => new AnswerTask(Passages.Read(Train), Validation is null ? null : Passages.Read(Validation), Windows, HeldOut, Seed);
}

/// <summary>Questions with choices.</summary>
public sealed record ChoiceData : FineTuneData
{
    [Option("The training questions.", Expected = "path: the examples to train on")]
    public required ChoiceOptions Train { get; init; }

    [Option("The held-out questions. Null: a part of the training questions.")]
    public ChoiceOptions? Validation { get; init; }

    internal override FineTuneTask Read() => new ChooseTask(Choices.Read(Train), Validation is null ? null : Choices.Read(Validation), HeldOut, Seed);
}
