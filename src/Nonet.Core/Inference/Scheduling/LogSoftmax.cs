using System.Runtime.Intrinsics;

namespace Nonet.Inference.Scheduling;

/// <summary>Log-probabilities of a row of logits. Sums in one fixed order, in double.</summary>
static class LogSoftmax
{
    /// <summary>ln Σ exp(x / temperature).</summary>
    public static double Denominator(ReadOnlySpan<float> logits, double temperature = 1)
    {
        var (largest, sum) = (float.NegativeInfinity, Vector512<double>.Zero);
        foreach (var x in logits)
            largest = Math.Max(largest, x);
        var (shift, scale, i) = (Vector512.Create((double)largest), Vector512.Create(1 / temperature), 0);
        for (; i <= logits.Length - Vector512<double>.Count; i += Vector512<double>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(logits[i..]));
            sum += Vector512.Exp((Vector512.Create(low, high) - shift) * scale);
        }
        var total = Vector512.Sum(sum);
        for (; i < logits.Length; i++)
            total += Math.Exp((logits[i] - (double)largest) / temperature);
        return largest / temperature + Math.Log(total);
    }

    /// <summary>Whether no logit is larger than that of an id, and none of a lower id equal.</summary>
    public static bool IsLikeliest(ReadOnlySpan<float> logits, int id)
    {
        var own = logits[id];
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] > own || (i < id && logits[i] == own))
                return false;
        }
        return true;
    }

    /// <summary>The likeliest tokens, likeliest first, lower ids before equal ones.</summary>
    public static TokenLogProbability[] Likeliest(ReadOnlySpan<float> logits, int count, double denominator)
    {
        count = Math.Min(count, logits.Length);
        var top = new TokenLogProbability[count];
        var found = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (found == count && (count == 0 || logits[i] - denominator <= top[^1].LogProbability))
                continue;
            var at = found < count ? found++ : count - 1;
            for (; at > 0 && top[at - 1].LogProbability < logits[i] - denominator; at--)
                top[at] = top[at - 1];
            top[at] = new TokenLogProbability(i, logits[i] - denominator);
        }
        return top;
    }
}
