namespace Nonet.Alignment;

/// <summary>
/// Rewards of the tokens of a response: −β (ln π − ln π_ref) for each token, and the score of the whole response at its last token. Ouyang et al. 2022,
/// section 3.5.
/// </summary>
public static class TokenRewards
{
    /// <param name="score">Reward of the response.</param>
    /// <param name="logProbabilities">ln π of each token, when it was written.</param>
    /// <param name="reference">ln π_ref of each token.</param>
    /// <param name="beta">β.</param>
    /// <param name="rewards">Receives the reward of each token.</param>
    /// <returns>KL of the response: the sum of ln π − ln π_ref, which these rewards penalise.</returns>
    public static double Of(double score, ReadOnlySpan<double> logProbabilities, ReadOnlySpan<double> reference, double beta, Span<double> rewards)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(reference.Length, logProbabilities.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rewards.Length, logProbabilities.Length);
        ArgumentOutOfRangeException.ThrowIfZero(rewards.Length);
        var sum = 0.0;
        for (var t = 0; t < rewards.Length; t++)
        {
            var kl = KlEstimate.K1(logProbabilities[t], reference[t]);
            rewards[t] = -beta * kl;
            sum += kl;
        }
        rewards[^1] += score;
        return sum;
    }

    /// <summary>The score of a response. One that does not stop by itself gets a fixed penalty instead. Ziegler et al. 2019.</summary>
    /// <param name="score">Reward of the response.</param>
    /// <param name="stopped">Whether the response ended with a stop token.</param>
    /// <param name="missingStop">Score of a response that did not; null: its own score.</param>
    public static double Penalized(double score, bool stopped, double? missingStop) => stopped ? score : missingStop ?? score;
}
