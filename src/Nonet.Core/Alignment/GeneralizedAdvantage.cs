namespace Nonet.Alignment;

/// <summary>
/// Generalised advantage estimation: A_t = Σ_l (γλ)^l δ_{t+l} with δ_t = r_t + γ V_{t+1} − V_t. Schulman et al. 2015, equation 16. A response ends its
/// episode: V is 0 after its last token, and nothing is bootstrapped past the end.
/// </summary>
public static class GeneralizedAdvantage
{
    /// <param name="rewards">Reward of each token of one response.</param>
    /// <param name="values">V before each token.</param>
    /// <param name="gamma">γ: discount.</param>
    /// <param name="lambda">λ: 0 trusts the values, 1 the rewards.</param>
    /// <param name="advantages">Receives A of each token.</param>
    /// <param name="returns">Receives A + V, which the value model learns.</param>
    public static void Estimate(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, double gamma, double lambda, Span<double> advantages,
        Span<double> returns)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, rewards.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(advantages.Length, rewards.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(returns.Length, rewards.Length);
        var (advantage, next) = (0.0, 0.0);
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            var delta = rewards[t] + gamma * next - values[t];
            advantages[t] = advantage = delta + gamma * lambda * advantage;
            returns[t] = advantage + values[t];
            next = values[t];
        }
    }
}
