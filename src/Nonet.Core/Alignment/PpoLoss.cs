namespace Nonet.Alignment;

/// <summary>Measurements of a PPO minibatch. Each is a sum over tokens, multiplied by the weight of a token.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Clipped">Share of the tokens whose gradient the clip removed.</param>
/// <param name="Ratio">Mean of ρ.</param>
/// <param name="LargestChange">Largest |ρ − 1|.</param>
public readonly record struct PpoTerms(double Loss, double Clipped, double Ratio, double LargestChange);

/// <summary>Losses of proximal policy optimisation: Schulman et al. 2017, equation 7, as Ziegler et al. 2019 implement it.</summary>
public static class PpoLoss
{
    /// <summary>Policy loss: the mean of max(−A ρ, −A clip(ρ, 1 − ε, 1 + ε)), with ρ = π / π_old.</summary>
    /// <param name="logProbabilities">ln π of each token now.</param>
    /// <param name="old">ln π of each token when it was written.</param>
    /// <param name="advantages">A of each token.</param>
    /// <param name="clip">ε.</param>
    /// <param name="weight">Weight of a token: 1 / N, where N is the number of tokens in the minibatch.</param>
    /// <param name="gradient">Receives d loss / d ln π of each token.</param>
    public static PpoTerms Policy(ReadOnlySpan<double> logProbabilities, ReadOnlySpan<double> old, ReadOnlySpan<double> advantages, double clip, double weight,
        Span<double> gradient)
    {
        CheckLengths(logProbabilities.Length, old.Length, advantages.Length, gradient.Length);
        var (loss, clipped, sum, change) = (0.0, 0.0, 0.0, 0.0);
        for (var t = 0; t < logProbabilities.Length; t++)
        {
            var (value, slope, ratio) = Surrogate(logProbabilities[t], old[t], advantages[t], clip, clip);
            loss -= value * weight;
            gradient[t] = -slope * weight;
            clipped += IsClipped(ratio, advantages[t], clip, clip) ? weight : 0;
            sum += ratio * weight;
            change = Math.Max(change, Math.Abs(ratio - 1));
        }
        return new PpoTerms(loss, clipped, sum, change);
    }

    /// <summary>Value loss: c · ½ · the mean of max((V − R)², (clip(V, V_old ± ε) − R)²).</summary>
    /// <param name="values">V before each token now.</param>
    /// <param name="old">V before each token at the rollout.</param>
    /// <param name="returns">R of each token.</param>
    /// <param name="clip">ε; null: no clipping.</param>
    /// <param name="weight">c times the weight of a token.</param>
    /// <param name="gradient">Receives d loss / dV of each token.</param>
    public static double Value(ReadOnlySpan<double> values, ReadOnlySpan<double> old, ReadOnlySpan<double> returns, double? clip, double weight,
        Span<double> gradient)
    {
        CheckLengths(values.Length, old.Length, returns.Length, gradient.Length);
        var loss = 0.0;
        for (var t = 0; t < values.Length; t++)
        {
            var near = clip is { } most ? Math.Clamp(values[t], old[t] - most, old[t] + most) : values[t];
            var (free, bound) = (values[t] - returns[t], near - returns[t]);
            var takesBound = bound * bound > free * free;
            loss += 0.5 * weight * (takesBound ? bound * bound : free * free);
            gradient[t] = takesBound ? (near == values[t] ? weight * bound : 0) : weight * free;
        }
        return loss;
    }

    /// <summary>min(ρ A, clip(ρ, 1 − low, 1 + high) A) of a token, its derivative by ln π, and ρ.</summary>
    internal static (double Value, double Slope, double Ratio) Surrogate(double logProbability, double old, double advantage, double low, double high)
    {
        var ratio = Math.Exp(logProbability - old);
        var (free, bound) = (ratio * advantage, Math.Clamp(ratio, 1 - low, 1 + high) * advantage);
        return free <= bound ? (free, free, ratio) : (bound, 0, ratio); // where the bound is lower, it does not depend on ln π
    }

    /// <summary>Whether the clip removes a token's gradient.</summary>
    internal static bool IsClipped(double ratio, double advantage, double low, double high) =>
        (advantage > 0 && ratio > 1 + high) || (advantage < 0 && ratio < 1 - low);

    internal static void CheckLengths(int expected, params ReadOnlySpan<int> lengths)
    {
        foreach (var length in lengths)
            ArgumentOutOfRangeException.ThrowIfNotEqual(length, expected);
    }
}
