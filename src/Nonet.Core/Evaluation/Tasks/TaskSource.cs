using Nonet.Data.Tasks;
using Nonet.Evaluation.Tasks.Generated;
using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>Source of a task's items: files in the data folder, or a generator. Nothing is ever downloaded.</summary>
public sealed record TaskSource
{
    /// <summary>
    /// File of the items that are scored: relative to the data folder, or to the task's file. A * matches any part of a file's name.
    /// Null: generate makes them.
    /// </summary>
    [Option("File of the items that are scored: relative to the data folder, or to the task's file. A * matches any part of a file's name. Null: "
        + "generate makes them.")]
    public string? Test { get; init; }

    /// <summary>
    /// File of the items from which exemplars are drawn; a * has the same meaning as in test. Null: they come from elsewhere.
    /// </summary>
    [Option("File of the items from which exemplars are drawn; a * has the same meaning as in test. Null: they come from elsewhere.")]
    public string? Train { get; init; }

    /// <summary>Null: determined by the file's name.</summary>
    [Option("Null: determined by the file's name.")]
    public RecordFormat? Format { get; init; }

    /// <summary>The field that holds the list of items, in a file that is one JSON object; null: the file is a list, or one object per line.</summary>
    [Option("The field that holds the list of items, in a file that is one JSON object; null: the file is a list, or one object per line.")]
    public string? Records { get; init; }

    /// <summary>Names of the columns of a TSV or CSV file whose first line has no names.</summary>
    [Option("Names of the columns of a TSV or CSV file whose first line has no names.", Expected = "a list of names")]
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>The field that receives the text matched by *, such as MMLU's subject.</summary>
    [Option("The field that receives the text matched by *, such as MMLU's subject.")]
    public string? NameField { get; init; }

    /// <summary>
    ///Keeps only the first of several items with the same value of this field, for files with a line for each choice.
    /// </summary>
    [Option("Keeps only the first of several items with the same value of this field, for files with a line for each choice.")]
    public string? Distinct { get; init; }

    /// <summary>Keep only the items for which this template gives a text that is not blank; null: all.</summary>
    [Option("Keep only the items for which this template gives a text that is not blank; null: all.")]
    public string? Where { get; init; }

    /// <summary>Makes the items instead of reading them.</summary>
    [Option("Makes the items instead of reading them.", Expected = "a generator: family, items")]
    public ItemGenerator? Generate { get; init; }

    /// <summary>How to get the files if they are missing, in a sentence.</summary>
    [Option("How to get the files if they are missing, in a sentence.")]
    public string? Get { get; init; }

    internal void Check()
    {
        if (Test is null == Generate is null)
            throw new ArgumentException("source.test and source.generate; expected exactly one of the two");
        if (NameField is not null && Test?.Contains('*', StringComparison.Ordinal) != true)
            throw new ArgumentException("source.name_field is given; expected a * in source.test");
        Generate?.Check();
    }
}
