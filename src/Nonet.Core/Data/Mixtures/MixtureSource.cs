using System.Text.Json.Serialization;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Data.Mixtures;

/// <summary>Where tasks of a mixture are. Nothing is ever downloaded.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NaturalInstructionsSource), "natural_instructions")]
[JsonDerivedType(typeof(RecordsSource), "records")]
[JsonDerivedType(typeof(EvaluationTaskSource), "evaluation_task")]
[JsonDerivedType(typeof(SymbolTaskSource), "symbols")]
public abstract record MixtureSource
{
    /// <summary>Cluster of the tasks: tasks that ask for the same. A cluster is held out as a whole.</summary>
    [Option("Cluster of the tasks: tasks of the same kind. A cluster is held out as a whole. Left out: the name of the task; symbols have clusters of their "
        + "own.")]
    public string? Cluster { get; init; }

    /// <summary>
    /// Data set from which the rows come. If a held-out task has the same data set as a training task, that is reported as a leak. Null: the data set that
    /// the file names, otherwise the name of the task.
    /// </summary>
    [Option("Data set from which the rows come. If a held-out task has the same data set as a training task, that is reported as a leak. Null: the data set "
        + "that the file names, otherwise the name of the task.")]
    public string? Dataset { get; init; }

    /// <summary>Use only the first rows of each task; null: all.</summary>
    [Option("Use only the first rows of each task; null: all.", Least = 1)]
    public int? Rows { get; init; }

    /// <summary>Templates of the tasks. Null: those of family, at least ten.</summary>
    [Option("Templates of the tasks. Null: those of family, at least ten.", Expected = "a list of templates: question")]
    public IReadOnlyList<PromptTemplate>? Templates { get; init; }

    /// <summary>
    /// Built-in templates: instructions (a task's definition and an input), questions, choices, or continuations. Null: instructions for tasks with a
    /// definition, questions for others.
    /// </summary>
    [Option("Built-in templates: instructions (a task's definition and an input), questions, choices, or continuations. Null: instructions for tasks with a "
        + "definition, questions for others.")]
    public TemplateFamily? Family { get; init; }

    internal virtual void Check(string path)
    {
        if (Templates is { Count: 0 })
            throw new ArgumentException($"{path}.templates is empty: leave it out, or give at least one template");
        if (Templates is not null && Family is not null)
            throw new ArgumentException($"{path}: templates and family are both given; expected one of the two");
    }
}

/// <summary>Tasks of Natural Instructions, version 1 or 2, a JSON file each.</summary>
public sealed record NaturalInstructionsSource : MixtureSource
{
    /// <summary>Path of the files; a * matches any part of a file's name.</summary>
    [Option("Path of the files; a * matches any part of a file's name.")]
    public required string Path { get; init; }

    /// <summary>Names of files to leave out, with *.</summary>
    [Option("Names of files to leave out, with *.", Expected = "a list of names")]
    public IReadOnlyList<string> Except { get; init; } = [];
}

/// <summary>A task in a table: TSV, CSV, JSON Lines, JSON or Parquet.</summary>
public sealed record RecordsSource : MixtureSource
{
    /// <summary>Name of the task. Null: the name of the file.</summary>
    [Option("Name of the task. Null: the name of the file.")]
    public string? Name { get; init; }

    /// <summary>Path of the file.</summary>
    [Option("Path of the file.")]
    public required string Path { get; init; }

    /// <summary>Null: determined by the file's name.</summary>
    [Option("Null: determined by the file's name.")]
    public RecordFormat? Format { get; init; }

    /// <summary>Names of the columns of a TSV or CSV file whose first line has no names.</summary>
    [Option("Names of the columns of a TSV or CSV file whose first line has no names.", Expected = "a list of names")]
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>The field that holds the list of rows, in a file that is one JSON object.</summary>
    [Option("The field that holds the list of rows, in a file that is one JSON object.")]
    public string? Records { get; init; }

    /// <summary>What the task asks for, in words. Null: the templates say it.</summary>
    [Option("What the task asks for, in words. Null: the templates say it.")]
    public string? Definition { get; init; }

    /// <summary>Template of a row's question over its fields. Null: from promptsource.</summary>
    [Option("Template of a row's question over its fields. Null: from promptsource.")]
    public string? Input { get; init; }

    /// <summary>Template of a row's answer. Null: from promptsource.</summary>
    [Option("Template of a row's answer. Null: from promptsource.")]
    public string? Target { get; init; }

    /// <summary>Template of a row's reasoning; empty for a row without reasoning. Null: no row has reasoning.</summary>
    [Option("Template of a row's reasoning; empty for a row without reasoning. Null: no row has reasoning.")]
    public string? Rationale { get; init; }

    /// <summary>Template of a row's answer options, one per line. Null: none.</summary>
    [Option("Template of a row's answer options, one per line. Null: none.")]
    public string? AnswerOptions { get; init; }

    /// <summary>A file of templates of promptsource (templates.yaml), in place of input and target.</summary>
    [Option("A file of templates of promptsource (templates.yaml), in place of input and target.")]
    public string? Promptsource { get; init; }

    internal override void Check(string path)
    {
        base.Check(path);
        if (Promptsource is null && (Input is null || Target is null))
            throw new ArgumentException($"{path}: expected input and target, or promptsource");
        if (Promptsource is not null && (Input is not null || Target is not null || Templates is not null || Family is not null))
            throw new ArgumentException($"{path}.promptsource is given: input, target, templates and family must be left out, since its templates hold them");
    }
}

/// <summary>A task of the evaluation harness, by its training items: those that are scored are never used.</summary>
public sealed record EvaluationTaskSource : MixtureSource
{
    /// <summary>Name of a task that nonet eval --list shows, optionally with a variant (gsm8k:cot), or path of a task file.</summary>
    [Option("Name of a task that nonet eval --list shows, optionally with a variant (gsm8k:cot), or path of a task file.")]
    public required string Task { get; init; }
}

/// <summary>Generated tasks over letters and digits: see <see cref="Generated.SymbolTasks"/>.</summary>
public sealed record SymbolTaskSource : MixtureSource
{
    /// <summary>Names of the tasks; null: all.</summary>
    [Option("Names of the tasks; null: all.", Expected = "a list of names")]
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>Number of rows of each task, if it has that many.</summary>
    [Option("Number of rows of each task, if it has that many.", Least = 1, Most = 1_000_000)]
    public int Examples { get; init; } = 2000;

    /// <summary>Seed of the rows.</summary>
    [Option("Seed of the rows.")]
    public ulong Seed { get; init; } = 1;

    internal override void Check(string path)
    {
        base.Check(path);
        foreach (var name in Tasks ?? [])
        {
            if (!Generated.SymbolTasks.All.Any(t => t.Name == name))
                throw new ArgumentException(
                    $"{path}.tasks holds {name}: found no such task; expected {string.Join(", ", Generated.SymbolTasks.All.Select(t => t.Name))}");
        }
    }
}
