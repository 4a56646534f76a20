namespace Nonet.Alignment;

/// <summary>Estimates of KL(π ‖ π_ref) from the log-probabilities of one token that π wrote. Schulman 2020, "Approximating KL divergence".</summary>
public static class KlEstimate
{
    /// <summary>k1 = ln π − ln π_ref: unbiased, and negative for some tokens. PPO's rewards contain it.</summary>
    public static double K1(double logProbability, double reference) => logProbability - reference;

    /// <summary>k3 = π_ref / π − ln(π_ref / π) − 1: unbiased, and never negative. GRPO's loss contains it. Shao et al. 2024, equation 4.</summary>
    public static double K3(double logProbability, double reference) => Math.Exp(reference - logProbability) - (reference - logProbability) - 1;

    /// <summary>d k3 / d ln π = 1 − π_ref / π.</summary>
    public static double K3Slope(double logProbability, double reference) => 1 - Math.Exp(reference - logProbability);
}
