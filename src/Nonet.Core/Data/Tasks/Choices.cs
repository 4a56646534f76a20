using System.Globalization;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>
/// Where questions with choices are. In CSV and TSV, and in JSON if <see cref="ChoiceFields"/> is given, each choice has a column or field of its
/// own.
/// </summary>
public sealed record ChoiceOptions
{
    /// <summary>TSV, CSV or JSON Lines.</summary>
    [Option("TSV, CSV or JSON Lines.", Exists = true, Expected = "a file that exists")]
    public required string Path { get; init; }

    /// <summary>Null: determined by the name; TSV otherwise.</summary>
    [Option("Null: determined by the name; TSV otherwise.")]
    public TaskFormat? Format { get; init; }

    /// <summary>Field of the text before the choice (SWAG: sent1; COPA: premise).</summary>
    [Option("Field of the text before the choice (SWAG: sent1; COPA: premise).")]
    public string Prompt { get; init; } = "prompt";

    /// <summary>Field of the text that each choice begins with (SWAG: sent2); null: none.</summary>
    [Option("Field of the text that each choice begins with (SWAG: sent2); null: none.")]
    public string? Stem { get; init; }

    /// <summary>JSON field of the choices, an array of strings.</summary>
    [Option("JSON field of the choices, an array of strings.")]
    public string Choices { get; init; } = "choices";

    /// <summary>Fields with one choice each, instead of choices (SWAG: ending0 to ending3; COPA: choice1 and choice2).</summary>
    [Option("Fields with one choice each, instead of choices (SWAG: ending0 to ending3; COPA: choice1 and choice2).")]
    public IReadOnlyList<string>? ChoiceFields { get; init; }

    /// <summary>The number of the right choice, from 0.</summary>
    [Option("The number of the right choice, from 0.")]
    public string Label { get; init; } = "label";

    /// <summary>The columns of SWAG's CSV.</summary>
    public static ChoiceOptions Swag(string path) =>
        new() { Path = path, Prompt = "sent1", Stem = "sent2", ChoiceFields = ["ending0", "ending1", "ending2", "ending3"] };

    /// <summary>The fields of SuperGLUE's COPA.</summary>
    public static ChoiceOptions Copa(string path) => new() { Path = path, Prompt = "premise", ChoiceFields = ["choice1", "choice2"] };
}

/// <summary>A question with choices.</summary>
/// <param name="Prompt">Text before the choice.</param>
/// <param name="Texts">The choices, at least two.</param>
/// <param name="Right">Index of the right choice.</param>
public sealed record ChoiceQuestion(string Prompt, IReadOnlyList<string> Texts, int Right);

/// <summary>Questions of which one of several choices is right.</summary>
public static class Choices
{
    /// <summary>
    /// Reads a file. Throws a <see cref="MalformedFileException"/> that names file and line if a question has fewer than two choices, or if its label
    /// is not the number of a choice.
    /// </summary>
    public static IReadOnlyList<ChoiceQuestion> Read(ChoiceOptions options)
    {
        ChoiceQuestion[] questions = [.. options.ChoiceFields is { } fields ? OfFields(options, fields) : OfArrays(options)];
        return questions.Length > 0 ? questions : throw new MalformedFileException(options.Path, "no question", "questions with choices");
    }

    static IEnumerable<ChoiceQuestion> OfFields(ChoiceOptions options, IReadOnlyList<string> fields)
    {
        string[] wanted = [options.Prompt, options.Label, .. fields, .. options.Stem is { } stem ? [stem] : Array.Empty<string>()];
        foreach (var (place, values) in TaskTable.Read(options.Path, options.Format, wanted))
            yield return Question(options, place, values[0], options.Stem is null ? "" : values[^1].Trim(), values[2..(2 + fields.Count)], values[1]);
    }

    static IEnumerable<ChoiceQuestion> OfArrays(ChoiceOptions options)
    {
        if (TaskTable.FormatOf(options.Path, options.Format) != TaskFormat.Jsonl)
            throw new ArgumentException($"{options.Path}: expected a column for each choice: name them in ChoiceFields", nameof(options));
        foreach (var record in TaskRecord.Read(options.Path))
            yield return Question(options, record.Place, record.Text(options.Prompt), options.Stem is { } stem ? record.Text(stem).Trim() : "",
                record.Texts(options.Choices), record.Label(options.Label));
    }

    static ChoiceQuestion Question(ChoiceOptions options, string place, string prompt, string stem, string[] choices, string label)
    {
        if (choices.Length < 2)
            throw new MalformedFileException(options.Path, $"{Counted.Of(choices.Length, "choice")} in {place}", "at least two");
        if (!int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out var right) || right >= choices.Length)
            throw new MalformedFileException(options.Path, $"label '{label}' in {place}", $"the number of a choice, 0 to {choices.Length - 1}");
        return new ChoiceQuestion(prompt.Trim(), [.. choices.Select(c => stem.Length == 0 ? c.Trim() : $"{stem} {c.Trim()}")], right);
    }
}
