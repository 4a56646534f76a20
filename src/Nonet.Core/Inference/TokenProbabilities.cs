namespace Nonet.Inference;

/// <summary>A token and ln of its probability.</summary>
public readonly record struct TokenLogProbability(int Id, double LogProbability);

/// <summary>Log-probabilities under the model: ln of the softmax of the raw logits, at temperature 1.</summary>
public static class TokenProbabilities
{
    /// <summary>ln Σ exp(logit). A logit minus this is a log-probability.</summary>
    public static double LogSum(ReadOnlySpan<float> logits)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
            largest = MathF.Max(largest, logit);
        return SamplerCandidates.LogSumExp(logits, largest);
    }

    /// <summary>The most likely tokens, in order; among equal ones, the lower id comes first.</summary>
    /// <param name="logits">(Vocab).</param>
    /// <param name="top">Receives the tokens.</param>
    /// <returns>Number of tokens received: the length of <paramref name="top"/>, or fewer if the vocabulary is smaller.</returns>
    public static int Top(ReadOnlySpan<float> logits, Span<TokenLogProbability> top)
    {
        var count = 0;
        if (top.Length == 0)
            return 0;
        for (var id = 0; id < logits.Length; id++)
        {
            if (count == top.Length && !(logits[id] > top[^1].LogProbability))
                continue;
            var at = count < top.Length ? count++ : count - 1;
            for (; at > 0 && top[at - 1].LogProbability < logits[id]; at--)
                top[at] = top[at - 1];
            top[at] = new TokenLogProbability(id, logits[id]);
        }
        var sum = LogSum(logits);
        for (var i = 0; i < count; i++)
            top[i] = top[i] with { LogProbability = top[i].LogProbability - sum };
        return count;
    }
}
