using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>How exemplars are chosen.</summary>
public enum ExemplarChoice
{
    /// <summary>Random exemplars for each item, drawn with the seed.</summary>
    Random,

    /// <summary>The first exemplars, in their order, for every item.</summary>
    Fixed,

    /// <summary>Random exemplars for each item, with each right answer equally often if possible.</summary>
    Balanced,
}

/// <summary>Exemplars, the examples before an item. An exemplar that asks the item's own question is never used.</summary>
public sealed record ExemplarOptions
{
    /// <summary>How they are chosen: random and balanced draw new ones for each item, with the seed; fixed takes the first.</summary>
    [Option("How they are chosen: random and balanced draw new ones for each item, with the seed; fixed takes the first.")]
    public ExemplarChoice Choose { get; init; } = ExemplarChoice.Random;

    /// <summary>
    /// A file of exemplars, in place of source.train: relative to the task's file, or to the data folder. Null: source.train, else the
    /// other items.
    /// </summary>
    [Option("A file of exemplars, in place of source.train: relative to the task's file, or to the data folder. Null: source.train, else the other items.")]
    public string? File { get; init; }

    /// <summary>The exemplars themselves, in place of a file.</summary>
    [Option("The exemplars themselves, in place of a file.", Expected = "a list of question and answer")]
    public IReadOnlyList<WrittenExemplar>? Items { get; init; }

    /// <summary>The field that exemplars have in common with the item, such as a subject; null: none.</summary>
    [Option("The field that exemplars have in common with the item, such as a subject; null: none.")]
    public string? Within { get; init; }

    /// <summary>
    /// Give each exemplar the answer of another, drawn with the seed: a control, whose accuracy should fall to chance. Min et al. 2022.
    /// </summary>
    [Option("Give each exemplar the answer of another, drawn with the seed: a control, whose accuracy should fall to chance. Min et al. 2022.")]
    public bool ShuffleAnswers { get; init; }

    internal void Check()
    {
        if (File is not null && Items is not null)
            throw new ArgumentException("exemplars.file and exemplars.items are both given; expected one of the two");
        if (Within is not null && Items is not null)
            throw new ArgumentException("exemplars.within is given: exemplars that are written in the task have no such field");
        if (Items is { Count: 0 })
            throw new ArgumentException("exemplars.items is empty; expected at least one, or null");
    }
}

/// <summary>An exemplar that is written in a task's file. Its keys are the fields of an item.</summary>
public sealed record WrittenExemplar
{
    /// <summary>The question.</summary>
    [Option("The question.")]
    public required string Question { get; init; }

    /// <summary>The choices as the question shows them; null: none.</summary>
    [Option("The choices as the question shows them; null: none.")]
    public string? Options { get; init; }

    /// <summary>The steps to the answer, in words.</summary>
    [Option("The steps to the answer, in words.")]
    public string? Reasoning { get; init; }

    /// <summary>The steps as an equation.</summary>
    [Option("The steps as an equation.")]
    public string? Equation { get; init; }

    /// <summary>The answer.</summary>
    [Option("The answer.")]
    public required string Answer { get; init; }
}
