using System.Globalization;
using System.Text.Json.Serialization;
using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>Where texts with labels are, and which columns or fields hold them.</summary>
public sealed record LabelledTextOptions
{
    /// <summary>TSV, CSV or JSON Lines.</summary>
    [Option("TSV, CSV or JSON Lines.", Exists = true, Expected = "a file that exists")]
    public required string Path { get; init; }

    /// <summary>Null: determined by the name; TSV otherwise.</summary>
    [Option("Null: determined by the name; TSV otherwise.")]
    public TaskFormat? Format { get; init; }

    /// <summary>The text: the name of a column, or its number from 1 in a file without names (CoLA: 4); in JSON a path of fields.</summary>
    [Option("The text: the name of a column, or its number from 1 in a file without names (CoLA: 4); in JSON a path of fields.")]
    public string Text { get; init; } = "sentence";

    /// <summary>The second text of a pair; null: none.</summary>
    [Option("The second text of a pair; null: none.")]
    public string? Second { get; init; }

    /// <summary>The column or field of the label.</summary>
    [Option("The column or field of the label.")]
    public string Label { get; init; } = "label";

    /// <summary>Whether the first line names the columns; null: if one is asked for by name.</summary>
    [Option("Whether the first line names the columns; null: if one is asked for by name.")]
    public bool? Header { get; init; }

    /// <summary>Whether labels are numbers to be predicted (STS-B), not classes.</summary>
    [JsonIgnore]
    public bool Numbers { get; init; }
}

/// <summary>A text, or a pair of texts, with its label.</summary>
/// <param name="Text">The text.</param>
/// <param name="Second">The second text of a pair; null: a text alone.</param>
/// <param name="Label">The label as written in the file.</param>
/// <param name="Class">Index of the label; -1 if labels are numbers to predict.</param>
/// <param name="Value">The label as a number, if labels are numbers to predict; otherwise 0.</param>
public sealed record LabelledText(string Text, string? Second, string Label, int Class, double Value = 0);

/// <summary>Texts with labels: sentiment, entailment, similarity.</summary>
public sealed class LabelledTexts
{
    LabelledTexts(IReadOnlyList<LabelledText> items, TaskLabels? labels, long empty) => (Items, Labels, Empty) = (items, labels, empty);

    /// <summary>Texts in the order of the file.</summary>
    public IReadOnlyList<LabelledText> Items { get; }

    /// <summary>The classes; null if labels are numbers to predict.</summary>
    public TaskLabels? Labels { get; }

    /// <summary>Number of items with an empty text. They are kept, and users are warned.</summary>
    public long Empty { get; }

    /// <summary>
    /// Reads a file. Throws a <see cref="MalformedFileException"/> that names file and line if a line cannot be read, or if its label is not among
    /// the given ones.
    /// </summary>
    /// <param name="options">The file.</param>
    /// <param name="labels">The classes of the training set, if this is an evaluation set; null: the labels that occur.</param>
    public static LabelledTexts Read(LabelledTextOptions options, TaskLabels? labels = null)
    {
        string[] fields = options.Second is { } second ? [options.Text, options.Label, second] : [options.Text, options.Label];
        var rows = TaskTable.Read(options.Path, options.Format, fields, options.Header).Select(r => (r.Place, Values: r.Values.Select(v => v.Trim()).ToArray()))
            .ToArray();
        if (rows.Length == 0)
            throw new MalformedFileException(options.Path, "no row", "a text with its label");
        var collected = options.Numbers ? null : labels ?? TaskLabels.Collect(rows.Select(r => r.Values[1]));
        var items = Array.ConvertAll(rows, r => new LabelledText(r.Values[0], r.Values.ElementAtOrDefault(2), r.Values[1],
            collected is null ? -1 : ClassOf(options.Path, r.Place, r.Values[1], collected), collected is null ? NumberOf(options.Path, r.Place, r.Values[1])
                : 0));
        return new LabelledTexts(items, collected, items.LongCount(i => i.Text.Length == 0 || i.Second?.Length == 0));
    }

    internal static int ClassOf(string path, string place, string label, TaskLabels labels) =>
        labels.NumberOf(label) ?? throw new MalformedFileException(path, $"label '{label}' on {place}", $"one of {string.Join(", ", labels.Names.Take(20))}");

    static double NumberOf(string path, string place, string label) =>
        double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) ? x
            : throw new MalformedFileException(path, $"label '{label}' on {place}", "a number");

    /// <summary>Writes items as a TSV with the columns sentence1, sentence2 (of pairs) and label; tabs and line ends of a text become spaces.</summary>
    public static void WriteTsv(string path, IReadOnlyList<LabelledText> items) => AtomicFile.Write(path, stream =>
    {
        var pairs = items.Any(i => i.Second is not null);
        using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(pairs ? "sentence1\tsentence2\tlabel" : "sentence\tlabel");
        foreach (var item in items)
            writer.WriteLine(pairs ? $"{Cell(item.Text)}\t{Cell(item.Second ?? "")}\t{Cell(item.Label)}" : $"{Cell(item.Text)}\t{Cell(item.Label)}");
    });

    static string Cell(string text) => text.Replace('\t', ' ').Replace('\n', ' ').Replace('\r', ' ');
}
