using System.Globalization;

namespace Nonet.Alignment.Rewards;

/// <summary>A sum of rewards with weights. A reward that is not finite is an error that names the reward and the response.</summary>
public sealed class WeightedRewards(params IReadOnlyList<(IReward Reward, double Weight)> parts) : IReward
{
    /// <inheritdoc/>
    public string Name => string.Join("_", parts.Select(p => p.Reward.Name));

    /// <summary>The rewards.</summary>
    public IEnumerable<IReward> Parts => parts.Select(p => p.Reward);

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A reward is NaN or infinite.</exception>
    public double[] Score(IReadOnlyList<Response> responses, CancellationToken stopping = default)
    {
        var total = new double[responses.Count];
        foreach (var (reward, weight) in parts)
        {
            var scores = Finite(reward, responses, stopping);
            for (var i = 0; i < total.Length; i++)
                total[i] += weight * scores[i];
        }
        return total;
    }

    /// <summary>The rewards of responses. Throws if one is not finite.</summary>
    public static double[] Finite(IReward reward, IReadOnlyList<Response> responses, CancellationToken stopping = default)
    {
        var scores = reward.Score(responses, stopping);
        if (scores.Length != responses.Count)
            throw new InvalidDataException($"the reward {reward.Name} gave {scores.Length} numbers for {responses.Count} responses; expected one for each");
        if (Array.FindIndex(scores, s => !double.IsFinite(s)) is >= 0 and var i)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"the reward {reward.Name} gave {scores[i]} for the response '{Shown.Of(responses[i].Text)}' to the prompt "
                    + $"'{Shown.Of(responses[i].Prompt.Text)}'; expected a finite number: correct the reward, or train its model again"));
        }
        return scores;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (reward, _) in parts)
            reward.Dispose();
    }
}
