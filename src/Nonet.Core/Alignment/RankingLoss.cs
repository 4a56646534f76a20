using Nonet.Data.Preferences;

namespace Nonet.Alignment;

/// <summary>
/// Loss of a reward model on a ranking: the mean over its pairs of −ln σ(r(better) − r(worse)). All pairs of a prompt form one batch element, so that every
/// prompt has the same weight and every answer is computed once. Ouyang et al. 2022, section 3.5, equation 1.
/// </summary>
public static class RankingLoss
{
    /// <summary>The loss of one ranking.</summary>
    /// <param name="rewards">Reward of each answer.</param>
    /// <param name="pairs">The pairs of answers of which one is better. Ties are not among them.</param>
    /// <param name="gradient">Receives d loss / d reward of each answer.</param>
    public static double Of(ReadOnlySpan<double> rewards, IReadOnlyList<RankedPair> pairs, Span<double> gradient)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(gradient.Length, rewards.Length);
        if (pairs.Count == 0)
            throw new ArgumentException("the ranking has no pair of answers of which one is better; expected at least one", nameof(pairs));
        gradient.Clear();
        var loss = 0.0;
        foreach (var (better, worse) in pairs)
        {
            var margin = rewards[better] - rewards[worse];
            loss += Logistic.NegativeLog(margin) / pairs.Count;
            var slope = Logistic.Sigmoid(-margin) / pairs.Count;
            gradient[better] -= slope;
            gradient[worse] += slope;
        }
        return loss;
    }
}
