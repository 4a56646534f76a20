namespace Nonet.Scaling.Laws;

/// <summary>B_crit(L) = Scale / L^(1 / Exponent) tokens: Kaplan et al. 2020, eq. 5.3; the published constants are 2.1e8 and 0.21.</summary>
public sealed record CriticalBatchLaw(double Scale, double Exponent)
{
    /// <summary>Batch size in tokens at which both time and data are within a factor of 2 of their minimum.</summary>
    public double At(double loss) => Scale * Math.Pow(loss, -1 / Exponent);

    /// <summary>
    /// Number of updates with a batch size, relative to the smallest possible number: 1 + B_crit / B. Kaplan et al. 2020, eq. 5.1.
    /// </summary>
    public double StepFactor(double batch, double loss) => 1 + At(loss) / batch;

    /// <summary>Number of tokens with a batch size, relative to the smallest possible number: 1 + B / B_crit.</summary>
    public double TokenFactor(double batch, double loss) => 1 + batch / At(loss);
}
