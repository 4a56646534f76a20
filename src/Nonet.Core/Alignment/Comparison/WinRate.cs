using Nonet.Evaluation.Metrics;

namespace Nonet.Alignment.Comparison;

/// <summary>How often the answers of one model beat those of another to the same prompts.</summary>
/// <param name="Rate">Share of wins; a tie counts one half.</param>
/// <param name="Interval">95 % confidence interval of the rate, by the bootstrap over prompts.</param>
/// <param name="PValue">p-value of the two-sided sign test over the prompts without a tie.</param>
/// <param name="Wins">Prompts that were won.</param>
/// <param name="Ties">Prompts without a winner.</param>
/// <param name="Losses">Prompts that were lost.</param>
public sealed record WinRate(double Rate, Interval Interval, double PValue, int Wins, int Ties, int Losses)
{
    /// <summary>
    /// Computes the rate from outcomes: 1 is a win, 0 a loss, 0.5 a tie. Any other value, such as the mean of several judgements, counts for the nearer side.
    /// </summary>
    public static WinRate Of(IReadOnlyList<double> outcomes)
    {
        if (outcomes.Count == 0)
            throw new ArgumentException("no outcome; expected one for each prompt", nameof(outcomes));
        if (outcomes.FirstOrDefault(o => !(o is >= 0 and <= 1), 0.5) is var wrong && !(wrong is >= 0 and <= 1))
            throw new ArgumentException($"an outcome is {wrong}; expected a number from 0 (lost) to 1 (won)", nameof(outcomes));
        var (wins, losses) = (outcomes.Count(o => o > 0.5), outcomes.Count(o => o < 0.5));
        return new WinRate(outcomes.Average(), Estimate.Of(outcomes).Interval, PairedTest.McNemar(losses, wins), wins, outcomes.Count - wins - losses, losses);
    }

    /// <summary>Computes the rate from the rewards of both models' answers to the same prompts, in the same order: the higher reward wins.</summary>
    public static WinRate Of(IReadOnlyList<double> rewards, IReadOnlyList<double> others)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(others.Count, rewards.Count);
        return Of([.. rewards.Select((r, i) => r > others[i] ? 1.0 : r < others[i] ? 0 : 0.5)]);
    }
}
