using Nonet.Files;

namespace Nonet.Alignment;

/// <summary>Variants of group-relative policy optimisation, by the paper that names them.</summary>
public enum GroupVariant
{
    /// <summary>
    /// Shao et al. 2024: advantages divided by the group's deviation, a mean over the tokens of each response, then over responses, and a KL term.
    /// </summary>
    Grpo,

    /// <summary>
    /// DAPO, Yu et al. 2025: a mean over all tokens, a higher upper clip, no KL term, groups of equal rewards sampled again, long responses penalised softly.
    /// </summary>
    Dapo,

    /// <summary>Dr. GRPO, Liu et al. 2025: no division by the deviation or by the length, and no KL term.</summary>
    DrGrpo,
}

/// <summary>Divisor of a token's loss.</summary>
public enum TokenMean
{
    /// <summary>Number of responses times the length of its own response: every response counts the same.</summary>
    Response,

    /// <summary>Tokens of all responses: every token counts the same.</summary>
    Token,

    /// <summary>Number of responses times the largest length: a constant.</summary>
    Constant,
}

/// <summary>Settings of a <see cref="GroupLoss"/>.</summary>
public sealed record GroupLossOptions
{
    /// <summary>ε below: ρ is clipped at 1 − ε.</summary>
    [Option("ε below: ρ is clipped at 1 − ε.", Above = 0, Below = 1)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>ε above: ρ is clipped at 1 + ε.</summary>
    [Option("ε above: ρ is clipped at 1 + ε.", Above = 0)]
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>β, the weight of the KL estimate k3 in the loss.</summary>
    [Option("β, the weight of the KL estimate k3 in the loss.", Least = 0)]
    public double Beta { get; init; } = 0.04;

    /// <summary>Divisor of a token's loss: response (its response's length), token (all tokens), constant (the largest length).</summary>
    [Option("Divisor of a token's loss: response (its response's length), token (all tokens), constant (the largest length).")]
    public TokenMean Mean { get; init; } = TokenMean.Response;

    /// <summary>Whether to divide the advantages of a group by the standard deviation of its rewards.</summary>
    [Option("Whether to divide the advantages of a group by the standard deviation of its rewards.")]
    public bool DivideByDeviation { get; init; } = true;

    /// <summary>The settings of a variant.</summary>
    public static GroupLossOptions Of(GroupVariant variant) => variant switch
    {
        GroupVariant.Dapo => new() { ClipHigh = 0.28, Beta = 0, Mean = TokenMean.Token },
        GroupVariant.DrGrpo => new() { Beta = 0, Mean = TokenMean.Constant, DivideByDeviation = false },
        _ => new(),
    };
}

/// <summary>Measurements of a minibatch.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Kl">Weighted mean of k3.</param>
/// <param name="Clipped">Weighted share of the tokens whose gradient the clip removed.</param>
/// <param name="LargestChange">Largest |ρ − 1|.</param>
public readonly record struct GroupTerms(double Loss, double Kl, double Clipped, double LargestChange);

/// <summary>Loss and advantages of group-relative policy optimisation. Shao et al. 2024, equation 3; there is no value model.</summary>
public static class GroupLoss
{
    /// <summary>Added to the deviation of a group's rewards.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>A_i = (r_i − mean) / (deviation + 1e-4), with the deviation of the sample (n − 1); or without the division. Equal rewards give 0.</summary>
    public static double[] Advantages(ReadOnlySpan<double> rewards, bool divideByDeviation = true)
    {
        var result = rewards.ToArray();
        if (result.Length == 0)
            return result;
        var mean = result.Average();
        var deviation = Math.Sqrt(result.Sum(r => (r - mean) * (r - mean)) / Math.Max(1, result.Length - 1));
        var equal = result.All(r => r == result[0]);
        for (var i = 0; i < result.Length; i++)
            result[i] = equal ? 0 : (result[i] - mean) / (divideByDeviation ? deviation + Epsilon : 1);
        return result;
    }

    /// <summary>Weight of the tokens of each response of an update.</summary>
    /// <param name="lengths">Tokens of each response.</param>
    /// <param name="mean">Divisor of a token's loss.</param>
    /// <param name="longest">Largest length, for <see cref="TokenMean.Constant"/>.</param>
    public static double[] Weights(ReadOnlySpan<int> lengths, TokenMean mean, int longest)
    {
        var (weights, tokens) = (new double[lengths.Length], 0L);
        foreach (var length in lengths)
            tokens += length;
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = mean switch
            {
                TokenMean.Token => 1.0 / tokens,
                TokenMean.Constant => 1.0 / ((double)lengths.Length * longest),
                _ => 1.0 / ((double)lengths.Length * lengths[i]),
            };
        }
        return weights;
    }

    /// <summary>The loss of one response: −weight · Σ_t {min(ρ A, clip(ρ, 1 − ε, 1 + ε) A) − β k3}.</summary>
    /// <param name="options">Clips and β.</param>
    /// <param name="logProbabilities">ln π of each token now.</param>
    /// <param name="old">ln π of each token when it was written.</param>
    /// <param name="reference">ln π_ref of each token; may be empty if β is 0.</param>
    /// <param name="advantage">A of the response.</param>
    /// <param name="weight">Weight of a token of the response: see <see cref="Weights"/>.</param>
    /// <param name="gradient">Receives d loss / d ln π of each token.</param>
    public static GroupTerms Of(
        GroupLossOptions options, ReadOnlySpan<double> logProbabilities, ReadOnlySpan<double> old, ReadOnlySpan<double> reference, double advantage,
        double weight, Span<double> gradient)
    {
        PpoLoss.CheckLengths(logProbabilities.Length, old.Length, gradient.Length, options.Beta == 0 && reference.IsEmpty ? old.Length : reference.Length);
        var (loss, kl, clipped, change) = (0.0, 0.0, 0.0, 0.0);
        for (var t = 0; t < logProbabilities.Length; t++)
        {
            var (value, slope, ratio) = PpoLoss.Surrogate(logProbabilities[t], old[t], advantage, options.ClipLow, options.ClipHigh);
            loss -= weight * value;
            gradient[t] = -weight * slope;
            if (!reference.IsEmpty)
            {
                var k3 = KlEstimate.K3(logProbabilities[t], reference[t]);
                kl += weight * k3;
                loss += weight * options.Beta * k3;
                gradient[t] += weight * options.Beta * KlEstimate.K3Slope(logProbabilities[t], reference[t]);
            }
            clipped += PpoLoss.IsClipped(ratio, advantage, options.ClipLow, options.ClipHigh) ? weight : 0;
            change = Math.Max(change, Math.Abs(ratio - 1));
        }
        return new GroupTerms(loss, kl, clipped, change);
    }

    /// <summary>DAPO's soft penalty of long responses: 0 up to longest − margin, then falling linearly to −1 at longest. Yu et al. 2025, equation 13.</summary>
    public static double Overlong(int length, int longest, int margin) =>
        length <= longest - margin ? 0 : length <= longest ? (double)(longest - margin - length) / margin : -1;
}
