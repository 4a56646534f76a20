using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Inference.Encoders;

namespace Nonet.Recipes.FineTuning;

/// <summary>The examples of a task: their source, and which are held out.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = TaskKey)]
[JsonDerivedType(typeof(LabelledData), "classify")]
[JsonDerivedType(typeof(NumberedData), "regress")]
[JsonDerivedType(typeof(TaggedData), "tag")]
[JsonDerivedType(typeof(PassageData), "answer")]
[JsonDerivedType(typeof(ChoiceData), "choose")]
[JsonDerivedType(typeof(RankedData), "reward")]
public abstract record FineTuneData
{
    internal const string TaskKey = "task";

    /// <summary>
    /// Share of the examples that is held out if validation is null. The choice depends on the text of each example, so copies are on the same side.
    /// </summary>
    [Option("Share of the examples that is held out if validation is null. The choice depends on the text of each example, so copies are on the same side.",
        Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.1;

    /// <summary>Seed of the choice of held-out examples.</summary>
    [Option("Seed of the choice of held-out examples.")]
    public ulong Seed { get; init; } = 1;

    /// <summary>Reads the examples.</summary>
    /// <param name="start">The model to start from.</param>
    internal abstract FineTuneTask Read(ModelFile start);
}

/// <summary>Texts, or pairs of texts, with a label.</summary>
public sealed record LabelledData : FineTuneData
{
    /// <summary>The examples to train on.</summary>
    [Option("The examples to train on.", Expected = "path: the examples to train on")]
    public required LabelledTextOptions Train { get; init; }

    /// <summary>The examples to evaluate on; null: a part of the training data.</summary>
    [Option("The examples to evaluate on; null: a part of the training data.")]
    public LabelledTextOptions? Validation { get; init; }

    internal override FineTuneTask Read(ModelFile start)
    {
        var train = LabelledTexts.Read(Train);
        return new ClassifyTask(train, Validation is null ? null : LabelledTexts.Read(Validation, train.Labels), HeldOut, Seed);
    }
}

/// <summary>Texts, or pairs of texts, with a number.</summary>
public sealed record NumberedData : FineTuneData
{
    /// <summary>The examples to train on.</summary>
    [Option("The examples to train on.", Expected = "path: the examples to train on")]
    public required LabelledTextOptions Train { get; init; }

    /// <summary>The examples to evaluate on; null: a part of the training data.</summary>
    [Option("The examples to evaluate on; null: a part of the training data.")]
    public LabelledTextOptions? Validation { get; init; }

    internal override FineTuneTask Read(ModelFile start) =>
        new ClassifyTask(LabelledTexts.Read(Train with { Numbers = true }), Validation is null ? null : LabelledTexts.Read(Validation with { Numbers = true }),
            HeldOut, Seed);
}

/// <summary>Sentences with a tag for each word.</summary>
public sealed record TaggedData : FineTuneData
{
    /// <summary>The sentences to train on.</summary>
    [Option("The sentences to train on.", Expected = "path: the examples to train on")]
    public required TaggedSentenceOptions Train { get; init; }

    /// <summary>The sentences to evaluate on; null: a part of the training data.</summary>
    [Option("The sentences to evaluate on; null: a part of the training data.")]
    public TaggedSentenceOptions? Validation { get; init; }

    internal override FineTuneTask Read(ModelFile start)
    {
        var train = TaggedSentences.Read(Train);
        return new TagTask(train, Validation is null ? null : TaggedSentences.Read(Validation, train.Labels), HeldOut, Seed);
    }
}

/// <summary>Questions about passages.</summary>
public sealed record PassageData : FineTuneData
{
    /// <summary>The questions to train on.</summary>
    [Option("The questions to train on.", Expected = "path: the examples to train on")]
    public required PassageOptions Train { get; init; }

    /// <summary>The questions to evaluate on; null: a part of the training data.</summary>
    [Option("The questions to evaluate on; null: a part of the training data.")]
    public PassageOptions? Validation { get; init; }

    /// <summary>How passages are split into windows.</summary>
    [Option("How passages are split into windows.")]
    public WindowOptions Windows { get; init; } = new();

    internal override FineTuneTask Read(ModelFile start) =>
        new AnswerTask(Passages.Read(Train), Validation is null ? null : Passages.Read(Validation), Windows, HeldOut, Seed);
}

/// <summary>Questions with choices.</summary>
public sealed record ChoiceData : FineTuneData
{
    /// <summary>The questions to train on.</summary>
    [Option("The questions to train on.", Expected = "path: the examples to train on")]
    public required ChoiceOptions Train { get; init; }

    /// <summary>The questions to evaluate on; null: a part of the training data.</summary>
    [Option("The questions to evaluate on; null: a part of the training data.")]
    public ChoiceOptions? Validation { get; init; }

    internal override FineTuneTask Read(ModelFile start) =>
        new ChooseTask(Choices.Read(Train), Validation is null ? null : Choices.Read(Validation), HeldOut, Seed);
}

/// <summary>Answers that people ranked.</summary>
public sealed record RankedData : FineTuneData
{
    /// <summary>The rankings to train on.</summary>
    [Option("The rankings to train on.", Expected = "path: the rankings to train on")]
    public required RankingOptions Train { get; init; }

    /// <summary>
    /// Chat template to use instead of the model's: off (prompts are the beginning of a text), plain, or a Jinja file. Null: the model's own, if it has one.
    /// </summary>
    [Option(CommonKeys.Template)]
    public string? Template { get; init; }

    /// <summary>The rankings to evaluate on; null: a part of the training data, chosen by prompt.</summary>
    [Option("The rankings to evaluate on; null: a part of the training data, chosen by prompt.")]
    public RankingOptions? Validation { get; init; }

    /// <summary>
    /// Demonstrations {prompt, answer} or {messages}, JSON Lines, that the rewards are normalised on; null: the best answers of the rankings.
    /// </summary>
    [Option("Demonstrations {prompt, answer} or {messages}, JSON Lines, that the rewards are normalised on; null: the best answers of the rankings.",
        Exists = true,
        Expected = "a file that exists")]
    public string? Demonstrations { get; init; }

    /// <summary>Normalisation of the rewards on demonstrations: none, mean (to 0), or mean_and_deviation (to 0 and 1).</summary>
    [Option("Normalisation of the rewards on demonstrations: none, mean (to 0), or mean_and_deviation (to 0 and 1).")]
    public RewardNormalization Normalize { get; init; } = RewardNormalization.Mean;

    internal override FineTuneTask Read(ModelFile start) => new RewardTask(this, new InstructionFormat(start, Template));
}
