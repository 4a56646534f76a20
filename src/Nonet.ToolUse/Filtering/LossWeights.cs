namespace Nonet.ToolUse.Filtering;

/// <summary>
/// The weights of the tokens after a call: w_t = max(0, 1 - 0.2 t) / 3 for t = 0, 1, ..., which sum to 1. They are not renormalised if fewer than five tokens
/// follow. Schick et al. 2023, section 4.1.
/// </summary>
public static class LossWeights
{
    /// <summary>Number of tokens with a weight above zero.</summary>
    public const int Count = 5;

    /// <summary>w_t of the token t tokens after the position of the call.</summary>
    public static double Of(int t)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(t);
        return t < Count ? (Count - t) / 15.0 : 0; // (1 - t / 5) / 3, without rounding errors in the sum
    }

    /// <summary>-Σ w_t log p_t.</summary>
    /// <param name="logProbabilities">log p of the tokens from the position of the call on.</param>
    public static double Loss(IEnumerable<double> logProbabilities)
    {
        var loss = 0.0;
        var t = 0;
        foreach (var log in logProbabilities)
        {
            if (t == Count)
                break;
            loss -= Of(t++) * log;
        }
        return loss;
    }
}
