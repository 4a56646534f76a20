using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Nonet.Inference.Constraints;
using Nonet.Tensors;

namespace Nonet.Inference;

/// <summary>A sampled token.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProbability">ln p under the model: the softmax of the raw logits, at temperature 1.</param>
/// <param name="SampledLogProbability">ln p under the distribution it was drawn from; 0 for greedy decoding.</param>
public readonly record struct SampledToken(int Id, double LogProbability, double SampledLogProbability);

/// <summary>
/// Draws the tokens of one sequence from logits. It keeps the accepted tokens, on which penalties depend. The random number of a draw is keyed by the seed and
/// the number of accepted tokens. Among equal logits, the lower id counts as more likely. Not thread-safe. A step allocates nothing.
/// </summary>
public sealed class Sampler
{
    static readonly uint Site = Philox.Hash("sampler");

    readonly SamplerOptions options;
    readonly ulong seed;
    readonly SamplerHistory history;
    readonly SamplerDry? dry;
    readonly KeyValuePair<int, float>[] biases;
    (int Id, double Surprise)? drawn; // not yet accepted; the surprise in bits

    /// <param name="options">Settings.</param>
    /// <param name="prompt">Tokens before the new text, which the repetition penalty and DRY take into account.</param>
    /// <param name="capacity">Expected number of new tokens, for which no memory is allocated later.</param>
    public Sampler(SamplerOptions options, ReadOnlySpan<int> prompt = default, int capacity = 0)
    {
        options.Check();
        (this.options, seed) = (options, options.Seed ?? (ulong)Random.Shared.NextInt64());
        var counted = options.RepetitionPenalty is not null || options.PresencePenalty != 0 || options.FrequencyPenalty != 0;
        history = new SamplerHistory(prompt, kept: options.Dry is not null, counted, 2 * options.Mirostat?.Target, capacity);
        dry = options.Dry is null ? null : new SamplerDry(options.Dry);
        biases = options.LogitBias is null ? [] : [.. options.LogitBias.Select(bias => KeyValuePair.Create(bias.Key, (float)bias.Value))];
    }

    /// <summary>Tokens accepted so far.</summary>
    public int Length => history.Length;

    /// <summary>Draws the next token. Until <see cref="Accept"/> is called, the sampler draws the same token again.</summary>
    /// <param name="logits">(Vocab); a token with −∞ is never drawn.</param>
    /// <param name="allowed">The tokens that may be drawn; null: all.</param>
    /// <exception cref="InvalidDataException">A logit is not a number or infinite, or every token is excluded.</exception>
    public SampledToken Sample(ReadOnlySpan<float> logits, TokenMask? allowed = null)
    {
        var largest = logits[Best(logits)];
        var (candidates, best) = Candidates(logits, allowed);
        var logSum = SamplerCandidates.LogSumExp(logits, largest);
        drawn = null;
        if (candidates is null)
            return new SampledToken(best, logits[best] - logSum, 0);
        var sum = candidates.Sum();
        var place = candidates.Draw(Philox.Uniform(new RandomKey(seed, (uint)Length, Site), 0), sum);
        var (id, logProbability) = (candidates.Ids[place], Math.Log(candidates.Weights[place] / sum));
        drawn = (id, -logProbability / Math.Log(2));
        return new SampledToken(id, logits[id] - logSum, logProbability);
    }

    /// <summary>The distribution from which <see cref="Sample"/> draws.</summary>
    /// <param name="logits">(Vocab).</param>
    /// <param name="probabilities">(Vocab), filled.</param>
    /// <param name="allowed">The tokens that may be drawn; null: all.</param>
    public void Probabilities(ReadOnlySpan<float> logits, Span<double> probabilities, TokenMask? allowed = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(probabilities.Length, logits.Length);
        var (candidates, best) = Candidates(logits, allowed);
        probabilities.Clear();
        if (candidates is null)
        {
            probabilities[best] = 1;
            return;
        }
        var sum = candidates.Sum();
        for (var i = 0; i < candidates.Ids.Length; i++)
            probabilities[candidates.Ids[i]] = candidates.Weights[i] / sum;
    }

    /// <summary>Appends a token to the sequence: the one drawn, or another that takes its place.</summary>
    public void Accept(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        history.Add(id, options.Mirostat is { } mirostat ? CutAfter(id, mirostat) : null);
        drawn = null;
    }

    double CutAfter(int id, MirostatOptions mirostat) =>
        drawn is { } last && last.Id == id ? history.Cut - (mirostat.Rate * (last.Surprise - mirostat.Target)) : history.Cut;

    /// <summary>Removes the last accepted tokens, as if they had never been accepted.</summary>
    public void Rewind(int tokens)
    {
        history.Rewind(tokens);
        drawn = null;
    }

    /// <summary>The candidates of a draw and the most likely token. For greedy decoding, the candidates are null.</summary>
    (SamplerCandidates? Candidates, int Best) Candidates(ReadOnlySpan<float> raw, TokenMask? allowed)
    {
        var candidates = SamplerCandidates.OfThread;
        var logits = Adjusted(raw, allowed, candidates);
        var best = Best(logits);
        if (options.Temperature == 0 || options.TopK == 1)
            return (null, best);
        candidates.Fill(logits, logits[best], options.Temperature, options.TopK);
        if (options.Mirostat is not null)
            candidates.KeepAtLeast(candidates.Sum() * Math.Pow(2, -history.Cut));
        if (options.TopP is { } p and < 1)
            candidates.KeepLikeliest(p);
        if (options.MinP is { } least and > 0)
            candidates.KeepAtLeast(least);
        if (options.Typical is { } typical and < 1)
            candidates.KeepTypical(typical);
        return (candidates, best);
    }

    /// <summary>The logits after mask, bias and penalties; the given logits if nothing changes them.</summary>
    ReadOnlySpan<float> Adjusted(ReadOnlySpan<float> raw, TokenMask? allowed, SamplerCandidates candidates)
    {
        if (allowed is null && biases.Length == 0 && history.Counts.Count == 0 && dry is null)
            return raw;
        var logits = candidates.Copy(raw);
        if (allowed is not null)
            Exclude(logits, allowed);
        foreach (var (id, bias) in biases)
        {
            if (id >= logits.Length)
                throw new ArgumentException($"SamplerOptions.LogitBias names token {id}; the vocabulary has ids 0 to {logits.Length - 1}");
            logits[id] += bias;
        }
        foreach (var (id, times) in history.Counts)
        {
            if (id >= logits.Length)
                continue;
            if (options.RepetitionPenalty is { } penalty && penalty != 1)
                logits[id] = (float)(logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty);
            if (times.Text > 0)
                logits[id] = (float)(logits[id] - options.PresencePenalty - (options.FrequencyPenalty * times.Text));
        }
        dry?.Apply(history.Tokens, logits);
        return logits;
    }

    static void Exclude(Span<float> logits, TokenMask allowed)
    {
        if (allowed.Vocab != logits.Length)
            throw new ArgumentException($"the mask has {allowed.Vocab} tokens, the logits {logits.Length}", nameof(allowed));
        if (allowed.Count == 0)
            throw new InvalidDataException("the constraint allows no token here: no token of the vocabulary continues the text");
        var words = allowed.Words;
        for (var at = 0; at < words.Length; at++)
        {
            var part = logits.Slice(at * 64, Math.Min(64, logits.Length - (at * 64)));
            if (words[at] == 0)
                part.Fill(float.NegativeInfinity);
            else if (words[at] != ulong.MaxValue)
            {
                for (var i = 0; i < part.Length; i++)
                    part[i] = (words[at] >> i & 1) != 0 ? part[i] : float.NegativeInfinity;
            }
        }
    }

    /// <summary>The id of the largest logit; the lowest id if several are equal.</summary>
    static int Best(ReadOnlySpan<float> logits)
    {
        if (logits.Length == 0)
            throw new ArgumentException("there are no logits to sample from");
        var (largest, i) = (float.NegativeInfinity, 0);
        if (logits.Length >= 16)
        {
            var most = Vector512.Create(logits);
            for (i = 16; i + 16 <= logits.Length; i += 16)
                most = Vector512.Max(most, Vector512.Create(logits[i..])); // NaN propagates
            for (var lane = 0; lane < 16; lane++)
                largest = MathF.Max(largest, most[lane]);
        }
        for (; i < logits.Length; i++)
            largest = MathF.Max(largest, logits[i]);
        if (float.IsNaN(largest) || float.IsPositiveInfinity(largest))
            throw Damaged(logits);
        if (float.IsNegativeInfinity(largest))
            throw new InvalidDataException("every logit is minus infinity: no token can be drawn");
        if (largest != 0)
            return MemoryMarshal.Cast<float, int>(logits).IndexOf(BitConverter.SingleToInt32Bits(largest));
        var best = 0;
        while (logits[best] != 0) // 0 or -0
            best++;
        return best;
    }

    /// <summary>The error for the first logit that is NaN or infinite.</summary>
    internal static InvalidDataException Damaged(ReadOnlySpan<float> logits)
    {
        var i = 0;
        while (!float.IsNaN(logits[i]) && !float.IsPositiveInfinity(logits[i]))
            i++;
        return new InvalidDataException(
            $"the logit of token {i} is {(float.IsNaN(logits[i]) ? "not a number" : "infinite")}: the model's weights or its input are damaged");
    }
}
