using Nonet.Files;

namespace Nonet.Recipes;

/// <summary>
/// Small updates first: the micro-batches of an update grow in a line from <see cref="From"/> to accumulate over the first <see cref="Updates"/> updates. Brown et al. 2020, appendix B
/// (there over tokens).
/// </summary>
public sealed record BatchRamp
{
    [Option("Micro-batches in the first update.", Least = 1, Most = TrainingOptions.MostParts)]
    public int From { get; init; } = 1;

    [Option("Updates until the full number of micro-batches, accumulate, is reached.", Least = 1)]
    public int Updates { get; init; } = 1000;

    /// <summary>Micro-batches of an update, counted from 1.</summary>
    public int At(int update, int accumulate) =>
        update > Updates ? accumulate : Math.Min(accumulate, From + (int)((accumulate - From + 1L) * (update - 1) / Updates));

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first setting that makes no sense.</summary>
    public void Check(int accumulate)
    {
        if (From < 1 || From > accumulate)
            throw new ArgumentException($"batch_ramp.from is {From}: 1 to {accumulate}, which accumulate is, is needed");
        if (Updates < 1)
            throw new ArgumentException($"batch_ramp.updates is {Updates}: at least 1 is needed");
    }
}
