using System.Globalization;

namespace Nonet.Recipes.Scaling;

/// <summary>Peak learning rate of each size of a sweep.</summary>
static class SweepRates
{
    /// <summary>Runs of a search: for each size the shortest run of the first seed, with every rate. Empty without a search.</summary>
    public static IReadOnlyList<(PlannedRun Run, double Rate)> Searches(SweepOptions sweep, IReadOnlyList<PlannedRun> runs) =>
        sweep.Rate != RateRule.Search ? [] :
    [
        .. from size in runs.GroupBy(r => r.Size)
           let shortest = size.MinBy(r => r.Steps)!
           from rate in sweep.Rates!.Order()
           select (shortest with { Name = NameOf(shortest, rate), Plan = Sweep.Search, HeldOut = false }, rate),
    ];

    /// <summary>Learning rate of a size; null if every rate of the search diverged.</summary>
    /// <param name="recipe">The sweep.</param>
    /// <param name="runs">All runs.</param>
    /// <param name="size">Index of the size.</param>
    /// <param name="searched">Rows of the search.</param>
    public static double? Of(SweepRecipe recipe, IReadOnlyList<PlannedRun> runs, int size, SweepTable searched)
    {
        var (sweep, peak) = (recipe.Sweep, recipe.Train.Training.LearningRate);
        double N(int of) => runs.First(r => r.Size == of).Model.Counted(sweep.Counting);
        return sweep.Rate switch
        {
            RateRule.Fixed => peak,
            RateRule.Power => peak * Math.Pow(N(size) / N(0), -sweep.Exponent),
            _ => Tried(runs, size, searched).MinBy(r => r.Loss)?.LearningRate,
        };
    }

    /// <summary>Warns of sizes whose best rate is the lowest or highest of the list, because a better one may lie beyond.</summary>
    public static IEnumerable<string> Warnings(SweepOptions sweep, IReadOnlyList<PlannedRun> runs, SweepTable searched)
    {
        foreach (var size in sweep.Rate == RateRule.Search ? runs.Select(r => r.Size).Distinct() : [])
        {
            if (Tried(runs, size, searched).MinBy(r => r.Loss) is { } best
                && (best.LearningRate == sweep.Rates!.Min() || best.LearningRate == sweep.Rates!.Max()))
            {
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"the best learning rate of {best.Parameters:N0} parameters is {best.LearningRate:g4}, the "
                        + $"{(best.LearningRate == sweep.Rates!.Min() ? "lowest" : "highest")} of sweep.rates: a better one may lie beyond");
            }
        }
    }

    static IEnumerable<SweepRow> Tried(IReadOnlyList<PlannedRun> runs, int size, SweepTable searched)
    {
        var parameters = runs.First(r => r.Size == size).Model.Parameters;
        return searched.Rows.Where(r => r.Parameters == parameters);
    }

    static string NameOf(PlannedRun run, double rate) => string.Create(CultureInfo.InvariantCulture, $"{run.Name}-lr{rate:g6}");
}
