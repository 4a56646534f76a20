using Nonet.Data.Tasks;
using Nonet.Inference.Encoders;

namespace Nonet.Recipes.FineTuning;

/// <summary>The examples of a task: where they are, and which are held out.</summary>
public abstract record FineTuneData
{
    /// <summary>Where no examples are given to measure on, the fraction that is held out, by their own text.</summary>
    public double HeldOut { get; init; } = 0.1;

    /// <summary>Keys the choice of held-out examples.</summary>
    public ulong Seed { get; init; } = 1;

    internal abstract FineTuneTask Read();
}

/// <summary>Texts, or pairs of texts, with a label or a number.</summary>
public sealed record LabelledData : FineTuneData
{
    public required LabelledTextOptions Train { get; init; }
    public LabelledTextOptions? Validation { get; init; }

    internal override FineTuneTask Read()
    {
        var train = LabelledTexts.Read(Train);
        return new ClassifyTask(train, Validation is null ? null : LabelledTexts.Read(Validation with { Numbers = Train.Numbers }, train.Labels), HeldOut, Seed);
    }
}

/// <summary>Sentences with a tag for each word.</summary>
public sealed record TaggedData : FineTuneData
{
    public required TaggedSentenceOptions Train { get; init; }
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
    public required PassageOptions Train { get; init; }
    public PassageOptions? Validation { get; init; }

    /// <summary>How passages are cut.</summary>
    public WindowOptions Windows { get; init; } = new();

    internal override FineTuneTask Read() => new AnswerTask(Passages.Read(Train), Validation is null ? null : Passages.Read(Validation), Windows, HeldOut, Seed);
}

/// <summary>Questions with choices.</summary>
public sealed record ChoiceData : FineTuneData
{
    public required ChoiceOptions Train { get; init; }
    public ChoiceOptions? Validation { get; init; }

    internal override FineTuneTask Read() => new ChooseTask(Choices.Read(Train), Validation is null ? null : Choices.Read(Validation), HeldOut, Seed);
}
