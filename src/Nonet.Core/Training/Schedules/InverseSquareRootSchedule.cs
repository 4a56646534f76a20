namespace Nonet.Training.Schedules;

/// <summary>Falls as 1 / √position. Vaswani et al. 2017, equation 3.</summary>
public sealed record InverseSquareRootSchedule : Schedule
{
    /// <summary>The form of the paper: factor · width^-0.5 · min(t^-0.5, t · warmup^-1.5).</summary>
    public static InverseSquareRootSchedule Noam(int width, long warmup, double factor = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(warmup, 1);
        return new InverseSquareRootSchedule { Peak = factor / Math.Sqrt((double)width * warmup), Warmup = warmup };
    }

    /// <inheritdoc/>
    protected override double After(long position) => Peak * Math.Sqrt((double)Math.Max(1, Warmup) / Math.Max(1, position));
}
