namespace Nonet.Alignment;

/// <summary>
/// Scales numbers to variance 1: (x − mean) / sqrt(variance + 1e-8), with the variance of the population. Without the shift the mean is added again, as
/// Ziegler et al. 2019 whiten rewards; advantages are whitened with the shift.
/// </summary>
public static class Whitening
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-8;

    /// <summary>Whitens numbers in place.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="shiftMean">Whether the mean becomes 0; otherwise it stays.</param>
    /// <param name="mask">True for each number to whiten. Others, such as padding, are ignored and do not change. Empty: all are whitened.</param>
    public static void Apply(Span<double> values, bool shiftMean = true, ReadOnlySpan<bool> mask = default)
    {
        if (!mask.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(mask.Length, values.Length);
        var (count, mean) = (0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            if (mask.IsEmpty || mask[i])
                (count, mean) = (count + 1, mean + values[i]);
        }
        if (count == 0)
            return;
        mean /= count;
        var variance = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            if (mask.IsEmpty || mask[i])
                variance += (values[i] - mean) * (values[i] - mean) / count;
        }
        var scale = 1 / Math.Sqrt(variance + Epsilon);
        for (var i = 0; i < values.Length; i++)
        {
            if (mask.IsEmpty || mask[i])
                values[i] = (values[i] - mean) * scale + (shiftMean ? 0 : mean);
        }
    }
}
