using Nonet.Files;

namespace Nonet.Data.Tasks;

/// <summary>Where sentences and their translations are: in two files with corresponding lines, or in one file.</summary>
public sealed record ParallelTextOptions
{
    /// <summary>A text file with one sentence per line; requires target.</summary>
    [Option("A text file with one sentence per line; requires target.", Exists = true, Expected = "a file that exists")]
    public string? Source { get; init; }

    /// <summary>A text file with the same number of lines: line i is the translation of line i of source.</summary>
    [Option("A text file with the same number of lines: line i is the translation of line i of source.", Exists = true, Expected = "a file that exists")]
    public string? Target { get; init; }

    /// <summary>
    /// One file with both languages, instead of source and target: .tsv or .txt (columns separated by tabs), or .jsonl or .json (an object per pair).
    /// </summary>
    [Option("One file with both languages, instead of source and target: .tsv or .txt (columns separated by tabs), or .jsonl or .json (an object per pair).",
        Exists = true, Expected = "a file that exists")]
    public string? Path { get; init; }

    /// <summary>Format of <see cref="Path"/>; null: determined by its name.</summary>
    [Option("Format of path; null: determined by its name.")]
    public ParallelTextFormat? Format { get; init; }

    /// <summary>
    /// The field of the source; with dots a path, such as translation.en. In a TSV the number of a column from 1, or its name: then the
    /// first line holds the names. Null: source, in a TSV column 1.
    /// </summary>
    [Option("The field of the source; with dots a path, such as translation.en. In a TSV the number of a column from 1, or its name: then the first line "
        + "holds the names. Null: source, in a TSV column 1.")]
    public string? SourceField { get; init; }

    /// <summary>The field of the target, likewise. Null: target, in a TSV column 2.</summary>
    [Option("The field of the target, likewise. Null: target, in a TSV column 2.")]
    public string? TargetField { get; init; }

    /// <summary>Whether the first line of a TSV has column names even though the columns are given by number.</summary>
    [Option("Whether the first line of a TSV has column names even though the columns are given by number.")]
    public bool Header { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> unless exactly one of the two ways is given.</summary>
    public void Check()
    {
        if (Path is null ? Source is null || Target is null : Source is not null || Target is not null)
            throw new ArgumentException(
                $"parallel text: source {Source ?? "null"}, target {Target ?? "null"}, path {Path ?? "null"}; expected source and target, or path alone");
    }
}

/// <summary>Formats of a file of pairs, plain or gzip.</summary>
public enum ParallelTextFormat
{
    /// <summary>Columns separated by tabs, without quotation.</summary>
    Tsv,

    /// <summary>One JSON object per line, or an array of objects.</summary>
    Jsonl,
}

/// <summary>
/// Sentences and their translations, in the order of the files. Blanks around a sentence are removed. A pair with an empty side is dropped and
/// counted.
/// </summary>
public sealed class ParallelText
{
    ParallelText(IReadOnlyList<(string, string)> pairs, long read) => (Pairs, Dropped) = (pairs, read - pairs.Count);

    /// <summary>Sentences with their translations.</summary>
    public IReadOnlyList<(string Source, string Target)> Pairs { get; }

    /// <summary>Number of pairs with an empty side.</summary>
    public long Dropped { get; }

    /// <summary>
    /// Reads all pairs. Throws a <see cref="MalformedFileException"/> that names file and line for text that is not UTF-8, a line without both
    /// columns, or a missing field. For files of unequal length, the message has both names and counts. It also throws if no pair is left.
    /// </summary>
    public static ParallelText Read(ParallelTextOptions options)
    {
        options.Check();
        var pairs = new List<(string, string)>();
        var read = 0L;
        foreach (var (source, target) in Lines(options))
        {
            read++;
            if (source.AsSpan().Trim() is { Length: > 0 } from && target.AsSpan().Trim() is { Length: > 0 } to)
                pairs.Add((from.ToString(), to.ToString()));
        }
        return pairs.Count > 0 ? new ParallelText(pairs, read)
            : throw new MalformedFileException(options.Path ?? options.Source!, read == 0 ? "an empty file" : $"{read} pairs with an empty side",
                "a sentence and its translation");
    }

    static IEnumerable<(string Source, string Target)> Lines(ParallelTextOptions options)
    {
        if (options.Path is not { } path)
            return OfTwo(options.Source!, options.Target!);
        var format = options.Format ?? (TaskLines.EndingOf(path) is ".jsonl" or ".ndjson" or ".json" ? ParallelTextFormat.Jsonl : ParallelTextFormat.Tsv);
        return format == ParallelTextFormat.Tsv ? OfTsv(path, options)
            : TaskRecord.Read(path).Select(r => (r.Text(options.SourceField ?? "source"), r.Text(options.TargetField ?? "target")));
    }

    static IEnumerable<(string, string)> OfTwo(string sourcePath, string targetPath)
    {
        using var sources = TaskLines.Read(sourcePath).GetEnumerator();
        using var targets = TaskLines.Read(targetPath).GetEnumerator();
        var count = 0L;
        while (true)
        {
            var (source, target) = (sources.MoveNext(), targets.MoveNext());
            if (!source && !target)
                yield break;
            if (source != target)
            {
                var longer = source ? sources : targets;
                var counted = count + 1;
                while (longer.MoveNext())
                    counted++;
                throw new MalformedFileException(source ? targetPath : sourcePath, $"{count} lines, and {counted} in {(source ? sourcePath : targetPath)}",
                    "equally many lines: line i of one file is the translation of line i of the other");
            }
            count++;
            yield return (sources.Current.Text, targets.Current.Text);
        }
    }

    static IEnumerable<(string, string)> OfTsv(string path, ParallelTextOptions options)
    {
        var (source, target) = (TaskTable.Number(options.SourceField ?? "1"), TaskTable.Number(options.TargetField ?? "2"));
        var named = source is null || target is null;
        foreach (var (number, line) in TaskLines.Read(path))
        {
            var columns = line.Split('\t');
            if (number == 1 && (named || options.Header))
            {
                source ??= TaskTable.Named(path, columns, options.SourceField!);
                target ??= TaskTable.Named(path, columns, options.TargetField!);
                continue;
            }
            if (line.AsSpan().Trim().IsEmpty)
            {
                yield return ("", "");
                continue;
            }
            if (Math.Max(source!.Value, target!.Value) is var needed && columns.Length <= needed)
                throw new MalformedFileException(path, $"{Counted.Of(columns.Length, "column")} on line {number}", $"at least {needed + 1}, separated by tabs");
            yield return (columns[source.Value], columns[target.Value]);
        }
    }
}
