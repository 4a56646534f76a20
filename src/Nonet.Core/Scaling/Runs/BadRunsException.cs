namespace Nonet.Scaling.Runs;

/// <summary>
/// A law cannot be fitted to the runs. The message lists all problems and their rows. Rows are never repaired or skipped: the user decides which to leave out.
/// </summary>
public sealed class BadRunsException(string file, IReadOnlyList<string> problems)
    : FormatException($"{file}: "
    + $"{string.Join("; ", problems.Take(MostShown))}{(problems.Count > MostShown ? $"; and {problems.Count - MostShown} more of the kind" : "")}")
{
    const int MostShown = 12, MostRows = 10;

    /// <summary>All problems, each with its rows.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <summary>"row 3", "rows 3, 5 and 9": the first ten, and the number of others.</summary>
    internal static string Rows(IEnumerable<ScalingRun> runs)
    {
        var all = runs.Select(r => r.Name is null ? $"{r.Row}" : $"{r.Row} ({r.Name})").ToArray();
        var shown = all.Take(MostRows).ToArray();
        if (all.Length == 1)
            return "row " + shown[0];
        return all.Length > MostRows ? $"rows {string.Join(", ", shown)} and {all.Length - MostRows} more"
            : $"rows {string.Join(", ", shown[..^1])} and {shown[^1]}";
    }
}
