using System.Globalization;
using Nonet.Files;

namespace Nonet.Scaling.Runs;

/// <summary>
/// A table of training runs in CSV, JSONL or Parquet. Columns are found by name, in any order and case. The loss and two of N, D and C are required; the
/// third follows from C = 6ND. The names:
/// <list type="bullet">
/// <item>N: n, n_params, params, parameters; n_non_embedding, non_embedding_params for the count without embeddings. D: d, tokens, n_tokens. C: c, flops,
/// compute, flops_6nd; flops_full for a count that includes attention, embeddings and output.</item>
/// <item>loss; seed; name or run; lr or learning_rate; batch or batch_tokens (tokens per update); steps; accuracy.</item>
/// <item>curve_tokens and curve_loss: a run's training curve, numbers separated by semicolons or spaces (an array in JSONL).</item>
/// <item>noise_scale, in tokens. Or the four columns from which it is computed: norm2_small and norm2_big, the mean squared gradient norms at two batch
/// sizes, and batch_small and batch_big, these sizes in tokens.</item>
/// </list>
/// Other columns serve only <see cref="RunTableOptions.Where"/>.
/// </summary>
public sealed class RunTable
{
    static readonly string[] all = ["n", "n_params", "params", "parameters"], nonEmbedding = ["n_non_embedding", "non_embedding_params"],
    tokens = ["d", "tokens", "n_tokens"],
        flops = ["c", "flops", "compute", "flops_6nd"], names = ["name", "run"], rates = ["lr", "learning_rate"], batches = ["batch", "batch_tokens"];

    /// <summary>Names of all columns that have a meaning.</summary>
    internal static IReadOnlySet<string> Names { get; } = new HashSet<string>([.. all, .. nonEmbedding, .. tokens, .. flops, .. names, .. rates, .. batches,
        "flops_full", "loss", "seed", "steps", "accuracy", "noise_scale", "norm2_small", "norm2_big", "batch_small", "batch_big", "curve_tokens", "curve_loss"],
            StringComparer.OrdinalIgnoreCase);

    readonly RawTable raw;
    readonly Dictionary<string, int> columns;
    readonly List<string> problems = [];

    RunTable(RawTable raw)
    {
        this.raw = raw;
        columns = raw.Columns.Select((name, i) => (name, i)).ToDictionary(c => c.name.Trim(), c => c.i, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Path of the table.</summary>
    public string Path => raw.Path;

    /// <summary>Runs, in the order of the rows.</summary>
    public IReadOnlyList<ScalingRun> Runs { get; private set; } = [];

    /// <summary>Whether N includes embeddings.</summary>
    public ParameterCounting Counting { get; private set; }

    /// <summary>Notes on derived values and on the counting of N and C. They are part of a result.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>
    /// Reads a table. Throws a <see cref="MalformedFileException"/> if the file is not a table, and a <see cref="BadRunsException"/> that
    /// lists all rows with invalid cells.
    /// </summary>
    public static RunTable Read(string path, RunTableOptions? options = null)
    {
        var table = new RunTable(RawTable.Read(path));
        table.Load(options ?? new RunTableOptions());
        return table;
    }

    void Load(RunTableOptions options)
    {
        foreach (var row in options.Without)
        {
            if (row < 1 || row > raw.Rows.Count)
                throw new BadRunsException(Path, [$"cannot leave out row {row}: the table has rows 1 to {raw.Rows.Count}"]);
        }
        var where = options.Where.Select(w => (Column: One(w.Column) ?? throw NoColumn(w.Column), w.Value)).ToArray();
        var n = options.Counting == ParameterCounting.NonEmbedding ? One(nonEmbedding) ?? throw NoColumn(nonEmbedding) : One(all);
        var c = options.Flops switch
        {
            FlopCounting.Full => One("flops_full") ?? throw NoColumn("flops_full"),
            FlopCounting.Given when options.Counting == ParameterCounting.All => One(flops),
            _ => null,
        };
        var d = One(tokens);
        if ((n is null ? 1 : 0) + (d is null ? 1 : 0) + (c is null && One(flops) is null ? 1 : 0) > 1)
            throw new MalformedFileException(Path, $"columns {string.Join(", ", raw.Columns)}",
                "two of n (or n_params), tokens (or d), and flops (or c), and loss");
        var (loss, known) = (One("loss") ?? throw NoColumn("loss"), new Columns(n, d, c ?? (n is null || d is null ? One(flops) : null)));
        var runs = new List<ScalingRun>();
        for (var row = 0; row < raw.Rows.Count; row++)
        {
            if (!options.Without.Contains(row + 1) && Array.TrueForAll(where, w => raw.Rows[row][w.Column] == w.Value))
                runs.Add(Run(row, known, loss));
        }
        if (problems.Count > 0)
            throw new BadRunsException(Path, problems);
        if (runs.Count == 0)
            throw new BadRunsException(Path, [$"no row has {string.Join(" and ", options.Where.Select(w => $"{w.Column} = {w.Value}"))}"]);
        (Runs, Notes, Counting) = (runs, NotesOf(options, known), options.Counting);
    }

    readonly record struct Columns(int? N, int? D, int? C);

    List<string> NotesOf(RunTableOptions options, Columns known)
    {
        var notes = new List<string> {
            options.Counting == ParameterCounting.All ? $"N counts all parameters ({(known.N is { } n ? raw.Columns[n] : "C / 6D")})"
            : $"N counts parameters without embeddings ({raw.Columns[known.N!.Value]})" };
        notes.Add(known.C is { } c ? $"C is the column {raw.Columns[c]}" : "C is 6ND");
        if (known.D is null)
            notes.Add("D is C / 6N: the table has no tokens");
        if (options.Without.Count > 0)
            notes.Add($"left out as asked: row{(options.Without.Count > 1 ? "s" : "")} {string.Join(", ", options.Without)}");
        return notes;
    }

    ScalingRun Run(int row, Columns known, int loss)
    {
        double? n = Positive(row, known.N), d = Positive(row, known.D), c = Positive(row, known.C);
        var counted = n ?? c / (6 * d);
        var seen = d ?? c / (6 * n);
        return new ScalingRun
        {
            Row = row + 1,
            Name = Text(row, One(names)),
            Parameters = counted ?? double.NaN,
            AllParameters = Maybe(row, One(all)),
            NonEmbedding = Maybe(row, One(nonEmbedding)),
            Tokens = seen ?? double.NaN,
            Flops = c ?? 6 * n * d ?? double.NaN,
            Loss = Positive(row, loss) ?? double.NaN,
            Seed = Text(row, One("seed")),
            LearningRate = Maybe(row, One(rates)),
            Batch = PositiveOrEmpty(row, One(batches)),
            Steps = PositiveOrEmpty(row, One("steps")),
            Accuracy = Maybe(row, One("accuracy")),
            NoiseScale = Noise(row),
            Curve = Curve(row),
        };
    }

    /// <summary>Noise scale from unbiased |G|² and tr Σ of two batch sizes: McCandlish et al. 2018, appendix A.1.</summary>
    double? Noise(int row)
    {
        if (PositiveOrEmpty(row, One("noise_scale")) is { } given)
            return given;
        if (Maybe(row, One("norm2_small")) is not { } small || Maybe(row, One("norm2_big")) is not { } big || Maybe(row, One("batch_small")) is not { } few
            || Maybe(row, One("batch_big")) is not { } many)
            return null;
        var (squared, trace) = ((many * big - few * small) / (many - few), (small - big) / (1 / few - 1 / many));
        if (squared > 0 && trace > 0)
            return trace / squared;
        problems.Add($"row {row + 1}: norm2_small {small:g6} at {few:g6} tokens and norm2_big {big:g6} at {many:g6} give no noise scale: the smaller batch "
            + $"must have the larger norm, and not in proportion to 1 / batch");
        return null;
    }

    IReadOnlyList<CurvePoint> Curve(int row)
    {
        var (at, losses) = (Text(row, One("curve_tokens")), Text(row, One("curve_loss")));
        if ((at is null) != (losses is null))
            problems.Add($"row {row + 1}: {(at is null ? "curve_loss without curve_tokens" : "curve_tokens without curve_loss")}");
        if (at is null || losses is null)
            return [];
        double[]? x = Numbers(row, "curve_tokens", at), y = Numbers(row, "curve_loss", losses);
        if (x is null || y is null)
            return [];
        if (x.Length != y.Length)
        {
            problems.Add($"row {row + 1}: curve_tokens has {x.Length} numbers and curve_loss {y.Length}");
            return [];
        }
        for (var i = 0; i < x.Length; i++)
        {
            if (!(x[i] > 0 && y[i] > 0 && double.IsFinite(x[i]) && double.IsFinite(y[i])) || (i > 0 && x[i] <= x[i - 1]))
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture,
                    $"row {row + 1}: point {i + 1} of the curve is ({x[i]:g6}, {y[i]:g6}); expected rising tokens and positive losses"));
                return [];
            }
        }
        return [.. x.Zip(y, (t, l) => new CurvePoint(t, l))];
    }

    double[]? Numbers(int row, string column, string text)
    {
        var parts = text.Split([';', ' '], StringSplitOptions.RemoveEmptyEntries);
        var values = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]))
            {
                problems.Add($"row {row + 1}: {column} has '{parts[i]}', which is no number");
                return null;
            }
        }
        return values;
    }

    /// <summary>A cell that must hold a positive number; null if the table lacks the column.</summary>
    double? Positive(int row, int? column)
    {
        if (column is not { } at)
            return null;
        if (Text(row, at) is null)
            problems.Add($"row {row + 1}: {raw.Columns[at]} is empty");
        return PositiveOrEmpty(row, at) ?? double.NaN;
    }

    /// <summary>A cell that is empty or holds a positive number.</summary>
    double? PositiveOrEmpty(int row, int? column)
    {
        var value = Maybe(row, column);
        if (value is null or > 0 and < double.PositiveInfinity)
            return value;
        if (IsNumber(raw.Rows[row][column!.Value]!))
            problems.Add($"row {row + 1}: {raw.Columns[column.Value]} is {raw.Rows[row][column.Value]}; expected a positive number");
        return double.NaN;
    }

    static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    double? Maybe(int row, int? column)
    {
        if (Text(row, column) is not { } text)
            return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return value;
        var problem = $"row {row + 1}: {raw.Columns[column!.Value]} is '{(text.Length > 40 ? text[..37] + "..." : text)}'; expected a plain number, "
            + $"without units or separators";
        if (!problems.Contains(problem))
            problems.Add(problem);
        return double.NaN;
    }

    string? Text(int row, int? column) => column is { } at ? raw.Rows[row][at] : null;

    /// <summary>The column with one of several names. Throws if the table has two of them.</summary>
    int? One(params string[] names)
    {
        string[] found = [.. names.Where(columns.ContainsKey)];
        return found.Length switch
        {
            0 => null,
            1 => columns[found[0]],
            _ => throw new MalformedFileException(Path, $"columns {string.Join(" and ", found)}", $"one of {string.Join(", ", names)}"),
        };
    }

    MalformedFileException NoColumn(params string[] names) => new(Path, $"columns {string.Join(", ", raw.Columns)}", $"a column {string.Join(" or ", names)}");
}
