using Nonet.Files;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>
/// runs.csv or search.csv of a sweep: the finished runs in the order of the plan, not in the order of finishing. The file is rewritten
/// after every run.
/// </summary>
sealed class SweepTable
{
    readonly string path;
    readonly IReadOnlyList<string> order;
    readonly Dictionary<string, SweepRow> rows = [];

    /// <param name="path">The file. Its rows of finished runs are read.</param>
    /// <param name="order">Names of all runs of the plan.</param>
    public SweepTable(string path, IReadOnlyList<string> order)
    {
        (this.path, this.order) = (path, order);
        if (!File.Exists(path))
            return;
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != SweepRow.Header)
            throw new RunFolderException(
                $"{path}: found other columns in the first line; expected those that a sweep writes: restore the file, or delete it so that its runs are "
                + $"read from their folders");
        for (var i = 1; i < lines.Length; i++)
        {
            var row = SweepRow.Parse(lines[i]) is { } parsed && order.Contains(parsed.Name) ? parsed
                : throw new RunFolderException(
                    $"{path}: line {i + 1} is not a row of a run of this sweep; restore the file, or delete it so that its runs are read from their folders");
            rows[row.Name] = row;
        }
    }

    public string FullPath => Path.GetFullPath(path);

    public IReadOnlyList<SweepRow> Rows => [.. order.Where(rows.ContainsKey).Select(name => rows[name])];

    public SweepRow? Find(string name) => rows.GetValueOrDefault(name);

    public void Add(SweepRow row)
    {
        rows[row.Name] = row;
        AtomicFile.WriteText(path, $"{SweepRow.Header}\n{string.Concat(Rows.Select(r => r.ToCsv() + "\n"))}");
    }
}
