using Nonet.Tensors;

namespace Nonet.Inference;

/// <summary>Draws tokens from logits. Of equal logits, the lower id counts as the likelier. Not for use by two threads at once: it keeps its buffers.</summary>
public sealed class Sampler
{
    static readonly uint Site = Philox.Hash("sampler");

    readonly SamplerOptions options;
    readonly ulong seed;
    double[] weights = [];
    int[] ids = [];
    float[] penalised = [];

    public Sampler(SamplerOptions options)
    {
        if (!(options.Temperature >= 0 && double.IsFinite(options.Temperature)))
            throw new ArgumentException(FormattableString.Invariant($"SamplerOptions.Temperature is {options.Temperature}; expected 0 (greedy) or a finite number above"));
        if (options.TopK < 1)
            throw new ArgumentException($"SamplerOptions.TopK is {options.TopK}; expected at least 1, or null for no limit");
        if (options.TopP is { } p && !(p is > 0 and <= 1))
            throw new ArgumentException(FormattableString.Invariant($"SamplerOptions.TopP is {p}; expected above 0 and at most 1, or null for no limit"));
        if (options.MinP is { } least && !(least is >= 0 and <= 1))
            throw new ArgumentException(FormattableString.Invariant($"SamplerOptions.MinP is {least}; expected a number from 0 to 1, or null for no limit"));
        if (options.RepetitionPenalty is { } penalty && !(penalty > 0 && double.IsFinite(penalty)))
            throw new ArgumentException(FormattableString.Invariant($"SamplerOptions.RepetitionPenalty is {penalty}; expected a finite number above 0, or null for none"));
        (this.options, seed) = (options, options.Seed ?? (ulong)Random.Shared.NextInt64());
    }

    /// <summary>The next token.</summary>
    /// <param name="logits">(Vocab); −∞ is a token that is never drawn.</param>
    /// <param name="step">Number of the draw, which with the seed names the random number.</param>
    /// <param name="seen">Tokens that the repetition penalty strikes: those of the prompt and of the text so far.</param>
    public int Sample(ReadOnlySpan<float> logits, int step, IReadOnlySet<int>? seen = null)
    {
        logits = Penalised(logits, seen);
        var best = Best(logits);
        if (options.Temperature == 0 || options.TopK == 1)
            return best;
        var count = Candidates(logits, logits[best]);
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            sum += weights[i];
        var left = sum * Philox.Uniform(new RandomKey(seed, (uint)step, Site), 0);
        for (var i = 0; i < count; i++)
        {
            left -= weights[i];
            if (left < 0)
                return ids[i];
        }
        return best; // rounding ate the last weight
    }

    /// <summary>What <see cref="Sample"/> draws from: each token's probability after penalty, temperature, top-k, top-p and min-p.</summary>
    public double[] Probabilities(ReadOnlySpan<float> logits, IReadOnlySet<int>? seen = null)
    {
        logits = Penalised(logits, seen);
        var probabilities = new double[logits.Length];
        var best = Best(logits);
        if (options.Temperature == 0)
        {
            probabilities[best] = 1;
            return probabilities;
        }
        var count = Candidates(logits, logits[best]);
        var sum = weights.AsSpan(0, count).ToArray().Sum();
        for (var i = 0; i < count; i++)
            probabilities[ids[i]] = weights[i] / sum;
        return probabilities;
    }

    /// <summary>Fills ids and weights (relative probabilities) with the tokens that may be drawn. Returns their number.</summary>
    int Candidates(ReadOnlySpan<float> logits, float largest)
    {
        if (weights.Length < logits.Length)
            (weights, ids) = (new double[logits.Length], new int[logits.Length]);
        var count = 0;
        var floor = options.TopK is { } k && k < logits.Length ? KthLargest(logits, k) : float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] < floor || float.IsNegativeInfinity(logits[i]))
                continue;
            ids[count] = i;
            weights[count++] = Math.Exp(((double)logits[i] - largest) / options.Temperature);
        }
        if (options.TopK is { } most && count > most)
            count = Cut(count, likeliest: most, share: 1);
        if (options.TopP is { } p and < 1)
            count = Cut(count, count, p);
        return options.MinP is { } least and > 0 ? AtLeast(count, least) : count;
    }

    /// <summary>Keeps the candidates whose weight is at least a share of the likeliest one's, which is 1.</summary>
    int AtLeast(int count, double least)
    {
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (weights[i] >= least)
                (weights[kept], ids[kept++]) = (weights[i], ids[i]);
        }
        return kept;
    }

    ReadOnlySpan<float> Penalised(ReadOnlySpan<float> logits, IReadOnlySet<int>? seen)
    {
        if (options.RepetitionPenalty is not { } penalty || penalty == 1 || seen is null)
            return logits;
        if (penalised.Length < logits.Length)
            penalised = new float[logits.Length];
        logits.CopyTo(penalised);
        foreach (var id in seen)
        {
            if (id < logits.Length)
                penalised[id] = (float)(logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty);
        }
        return penalised.AsSpan(0, logits.Length);
    }

    /// <summary>Keeps the likeliest candidates, in order: at most so many, and the fewest that sum to the share.</summary>
    int Cut(int count, int likeliest, double share)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            sum += weights[i];
        // Candidates this unlikely sum to less than 1 - share all together, so they need not be sorted.
        var low = sum * (1 - share) / count * (1 - 1e-9);
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (weights[i] >= low)
                (weights[kept], ids[kept++]) = (weights[i], ids[i]);
        }
        // Ascending in the negative weight, then in the id.
        for (var i = 0; i < kept; i++)
            weights[i] = -weights[i];
        Array.Sort(weights, ids, 0, kept);
        for (int i = 0, j; i < kept; i = j)
        {
            for (j = i + 1; j < kept && weights[j].Equals(weights[i]); j++)
            {
            }
            Array.Sort(ids, i, j - i);
        }
        for (var i = 0; i < kept; i++)
            weights[i] = -weights[i];
        kept = Math.Min(kept, likeliest);
        var cumulative = 0.0;
        for (var i = 0; i < kept; i++)
        {
            cumulative += weights[i];
            if (share < 1 && cumulative >= share * sum)
                return i + 1;
        }
        return kept;
    }

    /// <summary>The k-th largest logit: a heap of the k largest so far, its root the smallest of them.</summary>
    static float KthLargest(ReadOnlySpan<float> logits, int k)
    {
        var heap = new PriorityQueue<int, float>(k + 1);
        for (var i = 0; i < logits.Length; i++)
        {
            if (heap.Count < k)
                heap.Enqueue(i, logits[i]);
            else if (heap.TryPeek(out _, out var smallest) && logits[i] > smallest)
                heap.EnqueueDequeue(i, logits[i]);
        }
        return heap.TryPeek(out _, out var kth) ? kth : float.NegativeInfinity;
    }

    static int Best(ReadOnlySpan<float> logits)
    {
        if (logits.Length == 0)
            throw new ArgumentException("there are no logits to sample from");
        var best = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i]) || float.IsPositiveInfinity(logits[i]))
                throw new InvalidDataException($"the logit of token {i} is {(float.IsNaN(logits[i]) ? "not a number" : "infinite")}: the model's weights or its input are damaged");
            if (logits[i] > logits[best])
                best = i;
        }
        if (float.IsNegativeInfinity(logits[best]))
            throw new InvalidDataException("every logit is minus infinity: no token can be drawn");
        return best;
    }
}
