namespace Nonet.Alignment;

/// <summary>Chooses among several answers to a prompt by their rewards.</summary>
public static class BestOfN
{
    /// <summary>Index of the highest reward; the first one if several are equal.</summary>
    public static int Of(ReadOnlySpan<double> rewards)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rewards.Length);
        var best = 0;
        for (var i = 1; i < rewards.Length; i++)
            best = rewards[i] > rewards[best] ? i : best;
        return best;
    }

    /// <summary>
    /// Upper bound of the KL, in nats, between the best of n answers and the model that wrote them: ln n − (n − 1) / n. Stiennon et al. 2020, appendix G.3.
    /// </summary>
    public static double Kl(int n) => Math.Log(n) - (n - 1.0) / n;
}
