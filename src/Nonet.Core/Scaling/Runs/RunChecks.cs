using System.Globalization;

namespace Nonet.Scaling.Runs;

/// <summary>
/// Finds problems that make a table unfit for any law: duplicates, mixed units, FLOPs that contradict N and D, and losses that rise with
/// size. Every problem names its rows.
/// </summary>
static class RunChecks
{
    /// <summary>Smallest plausible number of parameters or tokens: smaller ones are counts in millions.</summary>
    const double Fewest = 1000;

    /// <summary>Largest plausible ratio of neighbouring sizes in sorted order.</summary>
    const double WidestGap = 1000;

    /// <summary>A ratio C / 6ND outside 1/3 to 3 cannot be explained by counting attention or embeddings.</summary>
    const double FlopsFactor = 3;

    /// <summary>
    /// Tolerated relative increase of the loss in a model of at least twice the size at equal tokens. Seeds differ by about 0.02 nats
    /// (Kaplan et al. 2020), a hundredth of a loss of 2.
    /// </summary>
    const double Rise = 0.02, Larger = 1.9;

    /// <summary>Tokens that differ by less than this share are equal.</summary>
    const double SameTokens = 0.01;

    /// <summary>Throws a <see cref="BadRunsException"/> with all problems that prevent fitting any law.</summary>
    public static void Check(string path, IReadOnlyList<ScalingRun> runs)
    {
        var problems = new List<string>();
        Duplicates(runs, problems);
        Units(runs, "n_params", r => r.Parameters, "parameters", problems);
        Units(runs, "tokens", r => r.Tokens, "tokens", problems);
        Flops(runs, problems);
        if (problems.Count > 0)
            throw new BadRunsException(path, problems);
    }

    /// <summary>
    /// Throws if losses rise with size at equal tokens, which contradicts every law L(N, D). Such models were trained badly, for example
    /// with a learning rate that is too high or a warm-up that is too short. Frontier laws do not need this check: their curves rise on one
    /// side.
    /// </summary>
    public static void CheckRises(string path, IReadOnlyList<ScalingRun> runs) =>
        ThrowRises(path,
        [.. Groups(runs, r => r.Tokens, SameTokens).SelectMany(g => Rises(g, string.Create(CultureInfo.InvariantCulture, $" at {g[0].Tokens:g4} tokens")))],
        "smaller models reach a lower loss with as many tokens: the larger ones were trained badly, or the table mixes kinds of runs");

    /// <summary>Does the same check for the best run of each size, for any number of tokens.</summary>
    public static void CheckRisesOfBest(string path, IReadOnlyList<ScalingRun> runs) =>
        ThrowRises(path, [.. Rises(runs, "")],
        "the law assumes enough data for every model; these have too little, or were trained badly");

    static void ThrowRises(string path, (ScalingRun Run, string Problem)[] rises, string why)
    {
        const int shown = 3;
        if (rises.Length > 0)
            throw new BadRunsException(path,
                [.. rises.Take(shown).Select(r => r.Problem),
                $"in all row{(rises.Length > 1 ? "s" : "")} {string.Join(",", rises.Select(r => r.Run.Row).Order())}: {why}"]);
    }

    static void Duplicates(IReadOnlyList<ScalingRun> runs, List<string> problems)
    {
        foreach (var same in runs.GroupBy(r => (r.Parameters, r.Tokens, r.Flops, r.Seed, r.LearningRate, r.Batch, Loss: r.Seed is null ? r.Loss : 0))
            .Where(g => g.Count() > 1))
            problems.Add($"{BadRunsException.Rows(same)} are the same run "
                + $"({(same.Key.Seed is { } seed ? $"same size, tokens and seed {seed}" : "same size, tokens and loss")})");
    }

    static void Units(IReadOnlyList<ScalingRun> runs, string column, Func<ScalingRun, double> value, string what, List<string> problems)
    {
        var sorted = runs.OrderBy(value).ToArray();
        var small = sorted.TakeWhile(r => value(r) < Fewest).ToArray();
        for (var i = 1; i < sorted.Length && small.Length == 0; i++)
        {
            if (value(sorted[i]) > WidestGap * value(sorted[i - 1]))
                small = sorted[..i];
        }
        if (small.Length > 0)
            problems.Add(string.Create(CultureInfo.InvariantCulture,
                $"{column} of {BadRunsException.Rows(small.OrderBy(r => r.Row))} is "
                + $"{value(small[0]):g6}{(small.Length > 1 ? $" to {value(small[^1]):g6}" : "")}"
                + $"{(small.Length < sorted.Length ? $", of others {value(sorted[small.Length]):g6} to {value(sorted[^1]):g6}" : "")}; expected counts of "
                + $"single "
                + $"{what}; these look like millions or billions"));
    }

    static void Flops(IReadOnlyList<ScalingRun> runs, List<string> problems)
    {
        var off = runs.Where(r => r.Flops / (6 * r.Parameters * r.Tokens) is > FlopsFactor or < 1 / FlopsFactor).ToArray();
        if (off.Length > 0)
            problems.Add(string.Create(CultureInfo.InvariantCulture,
                $"flops of {BadRunsException.Rows(off)} are {off.Min(r => r.Flops / (6 * r.Parameters * r.Tokens)):g3} to "
                + $"{off.Max(r => r.Flops / (6 * r.Parameters * r.Tokens)):g3} times 6ND: more than {FlopsFactor:g} times apart, so n, tokens and flops do "
                + $"not belong together"));
    }

    static IEnumerable<(ScalingRun Run, string Problem)> Rises(IReadOnlyList<ScalingRun> runs, string where)
    {
        ScalingRun[] bySize = [.. runs.OrderBy(r => r.Parameters)];
        for (var i = 1; i < bySize.Length; i++)
        {
            var best = bySize.Take(i).Where(r => Larger * r.Parameters <= bySize[i].Parameters).MinBy(r => r.Loss);
            if (best is not null && bySize[i].Loss > (1 + Rise) * best.Loss)
                yield return (bySize[i],
                    string.Create(CultureInfo.InvariantCulture,
                    $"the loss rises with size{where}: {bySize[i].Loss:0.####} in {bySize[i].Label} with {bySize[i].Parameters:g4} parameters, "
                    + $"{best.Loss:0.####} in {best.Label} with {best.Parameters:g4}"));
        }
    }

    /// <summary>Groups of runs whose values differ by at most a share of the smallest value in the group, in order of the value.</summary>
    internal static List<List<ScalingRun>> Groups(IEnumerable<ScalingRun> runs, Func<ScalingRun, double> value, double share)
    {
        var groups = new List<List<ScalingRun>>();
        foreach (var run in runs.OrderBy(value).ThenBy(r => r.Row))
        {
            if (groups.Count == 0 || value(run) > (1 + share) * value(groups[^1][0]))
                groups.Add([]);
            groups[^1].Add(run);
        }
        return groups;
    }
}
