using Nonet.Files;

namespace Nonet.Recipes;

/// <summary>
/// Begins a run with small updates: the number of micro-batches per update grows linearly from <see cref="From"/> to accumulate over the
/// first <see cref="Updates"/> updates. Brown et al. 2020, appendix B, where it depends on tokens instead.
/// </summary>
public sealed record BatchRamp
{
    /// <summary>Micro-batches in the first update.</summary>
    [Option("Micro-batches in the first update.", Least = 1, Most = TrainingOptions.MostParts)]
    public int From { get; init; } = 1;

    /// <summary>Number of updates after which an update has all accumulate micro-batches.</summary>
    [Option("Number of updates after which an update has all accumulate micro-batches.", Least = 1)]
    public int Updates { get; init; } = 1000;

    /// <summary>Number of micro-batches of an update; updates are counted from 1.</summary>
    public int At(int update, int accumulate) =>
        update > Updates ? accumulate : Math.Min(accumulate, From + (int)((accumulate - From + 1L) * (update - 1) / Updates));

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid setting.</summary>
    public void Check(int accumulate)
    {
        if (From < 1 || From > accumulate)
            throw new ArgumentException($"batch_ramp.from is {From}: expected 1 to {accumulate}, the value of accumulate");
        if (Updates < 1)
            throw new ArgumentException($"batch_ramp.updates is {Updates}; expected at least 1");
    }
}
