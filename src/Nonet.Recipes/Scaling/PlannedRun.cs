using System.Globalization;

namespace Nonet.Recipes.Scaling;

/// <summary>A planned run of a sweep.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Plan">"grid" or "isoflop".</param>
/// <param name="Size">Index of its size in the sweep, from 0.</param>
/// <param name="Model">Its model.</param>
/// <param name="Steps">Number of updates.</param>
/// <param name="Tokens">Steps · tokens per update.</param>
/// <param name="Seed">Seed of initialisation and order.</param>
/// <param name="HeldOut">Whether the fits leave it out in order to predict it.</param>
sealed record PlannedRun(string Name, string Plan, int Size, SizedModel Model, int Steps, long Tokens, ulong Seed, bool HeldOut)
{
    /// <summary>A run with fewer updates says nothing about its size.</summary>
    const int LeastSteps = 10;

    /// <summary>FLOPs including attention and output.</summary>
    public double FullFlops => Model.FlopsPerToken * Tokens;

    /// <summary>
    /// The runs of a sweep, small sizes first. Throws an <see cref="ArgumentException"/> that names sizes and budgets that do not give a
    /// run.
    /// </summary>
    /// <param name="recipe">The sweep.</param>
    /// <param name="vocab">Number of ids of the tokenizer.</param>
    public static IReadOnlyList<PlannedRun> Of(SweepRecipe recipe, int vocab)
    {
        var (sweep, options) = (recipe.Sweep, recipe.Train.OptionsFor(vocab));
        var perStep = options.TokensPerStep;
        var runs = new List<PlannedRun>();
        SizedModel[] models = [.. sweep.Sizes.Order().Select(wanted => SweepModels.Of(options.Model, wanted, options.SequenceLength, sweep.Counting))];
        for (var i = 1; i < models.Length; i++)
        {
            if (models[i].Config == models[i - 1].Config)
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"sweep.sizes: {sweep.Sizes.Order().ElementAt(i - 1)} and {sweep.Sizes.Order().ElementAt(i)} give one shape, {models[i].Config.Outline} "
                    + $"({models[i].Parameters:N0} parameters); expected sizes further apart"));
        }
        foreach (var (model, size) in models.Select((m, i) => (m, i)))
        {
            double n = model.Counted(sweep.Counting);
            if (sweep.Plan != SweepPlan.IsoFlop)
            {
                foreach (var tokens in sweep.Tokens ?? [.. sweep.TokensPerParameter!.Select(ratio => ratio * n)])
                    Add("grid", size, model, tokens, string.Create(CultureInfo.InvariantCulture, $"d{tokens:0}"));
            }
            foreach (var flops in sweep.Plan == SweepPlan.Grid ? [] : sweep.Flops!)
                Add("isoflop", size, model, flops / 6 / n, string.Create(CultureInfo.InvariantCulture, $"c{flops:0.####e0}"));
        }
        if (runs.GroupBy(r => (r.Model.Parameters, r.Steps, r.Seed)).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                $"sweep: runs {string.Join(" and ", same.Select(r => r.Name))} are the same {same.Key.Steps} updates; tokens or flops further apart are "
                + $"needed"));
        return sweep.HeldOut == HeldOutRuns.Largest ? HoldOut(runs) : runs;

        void Add(string plan, int size, SizedModel model, double tokens, string budget)
        {
            var steps = Math.Round(tokens / perStep);
            if (steps is < LeastSteps or > int.MaxValue)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"sweep.{(plan == "grid" ? sweep.Tokens is null ? "tokens_per_parameter" : "tokens" : "flops")}: the size of {model.Parameters:N0} "
                    + $"parameters would see {tokens:N0} tokens ({budget[1..]}{(plan == "grid" ? " tokens" : " FLOPs")}), {steps:N0} updates of {perStep:N0}; ")
                    + (steps < LeastSteps ? $"expected at least {LeastSteps}; leave out the size or the budget, or take a smaller batch"
                        : "expected fewer; take a larger batch"));
            }
            foreach (var seed in sweep.Seeds)
                runs.Add(new PlannedRun(string.Create(CultureInfo.InvariantCulture, $"n{model.Parameters}-{budget}-s{seed}"), plan, size, model, (int)steps,
                    (long)steps * perStep, seed, HeldOut: false));
        }
    }

    /// <summary>
    /// Marks the runs of the largest size of the grid as held out, to test L(N). IsoFLOP runs are never held out, because their minima need
    /// every run.
    /// </summary>
    static List<PlannedRun> HoldOut(List<PlannedRun> runs)
    {
        var largest = runs[^1].Size;
        return [.. runs.Select(r => r with { HeldOut = r.Plan == "grid" && r.Size == largest })];
    }
}
