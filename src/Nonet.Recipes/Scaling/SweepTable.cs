using Nonet.Files;
using Nonet.Recipes.Runs;

namespace Nonet.Recipes.Scaling;

/// <summary>runs.csv or search.csv of a sweep: the finished runs, in the order of the plan whatever order they were made in. Written whole after every run.</summary>
sealed class SweepTable
{
    readonly string path;
    readonly IReadOnlyList<string> order;
    readonly Dictionary<string, SweepRow> rows = [];

    /// <param name="path">The file; rows of runs that were made are read from it.</param>
    /// <param name="order">Names of all runs of the plan.</param>
    public SweepTable(string path, IReadOnlyList<string> order)
    {
        (this.path, this.order) = (path, order);
        if (!File.Exists(path))
            return;
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != SweepRow.Header)
            throw new RunFolderException($"{path}: found other columns in the first line; expected those that a sweep writes: put back the file as it was, or delete it and its runs are read from their folders");
        for (var i = 1; i < lines.Length; i++)
        {
            var row = SweepRow.Parse(lines[i]) is { } parsed && order.Contains(parsed.Name) ? parsed
                : throw new RunFolderException($"{path}: line {i + 1} is no row of a run of this sweep; put back the file as it was, or delete it and its runs are read from their folders");
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
