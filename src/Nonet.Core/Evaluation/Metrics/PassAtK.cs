namespace Nonet.Evaluation.Metrics;

/// <summary>pass@k: an unbiased estimate, from n samples, of the probability that at least one of k samples is right. Chen et al. 2021, equation 1.</summary>
public static class PassAtK
{
    /// <summary>1 − C(n − c, k) / C(n, k).</summary>
    /// <param name="samples">n, at least k.</param>
    /// <param name="right">c, the number of right samples.</param>
    /// <param name="k">k, at least 1.</param>
    public static double Of(int samples, int right, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, k);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(right, samples);
        var none = 1.0;
        for (var i = samples - right + 1; i <= samples; i++)
            none *= 1 - (double)k / i;
        return samples - right < k ? 1 : 1 - none;
    }
}
