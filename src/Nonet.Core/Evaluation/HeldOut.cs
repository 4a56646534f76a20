using Nonet.Data;
using Nonet.Data.Pairs;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Losses;
using Nonet.Tensors;

namespace Nonet.Evaluation;

/// <summary>Loss on held-out text, as a total over the predicted tokens.</summary>
/// <param name="Nats">Sum of −ln p over the tokens.</param>
/// <param name="Tokens">Number of predicted tokens.</param>
public readonly record struct HeldOutLoss(double Nats, long Tokens)
{
    /// <summary>Mean of −ln p per token.</summary>
    public double NatsPerToken => Nats / Tokens;

    /// <summary>e to the power of <see cref="NatsPerToken"/>.</summary>
    public double Perplexity => Math.Exp(NatsPerToken);

    /// <summary>Loss in bits per byte, which is comparable between vocabularies.</summary>
    /// <param name="bytes">Number of UTF-8 bytes of the text. End marks have no bytes, although they count as tokens.</param>
    public double BitsPerByte(long bytes) => Nats / Math.Log(2) / bytes;
}

/// <summary>Evaluation on held-out tokens.</summary>
public static class HeldOut
{
    /// <summary>
    /// Predicts every token once, from the tokens before it in its window, without dropout. Equal weights give equal bits, whatever the run did before.
    /// </summary>
    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="text">The held-out text in windows no longer than the model's context.</param>
    /// <param name="tokensAtOnce">Maximum number of tokens per batch, in whole windows.</param>
    /// <param name="stopping">Cancels the evaluation.</param>
    public static HeldOutLoss Evaluate(ICausalModel model, EvaluationWindows text, int tokensAtOnce = 4096, CancellationToken stopping = default)
    {
        var atOnce = Math.Max(1, tokensAtOnce / text.Context);
        var whole = text.Targets / text.Context; // a shorter last window is computed alone
        var nats = 0.0;
        for (long done = 0; done < text.Count;)
        {
            stopping.ThrowIfCancellationRequested();
            var count = done < whole ? (int)Math.Min(atOnce, whole - done) : 1;
            nats += Nats(model, text, done, count);
            done += count;
        }
        return new HeldOutLoss(nats, text.Targets);
    }

    /// <summary>Loss of targets given their sources, over all target tokens including end marks, without label smoothing and dropout.</summary>
    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="pairs">The held-out pairs.</param>
    /// <param name="tokensAtOnce">Maximum number of source or target tokens per batch, in whole pairs.</param>
    /// <param name="stopping">Cancels the evaluation.</param>
    public static HeldOutLoss Evaluate(IEncoderDecoder model, TokenPairs pairs, int tokensAtOnce = 4096, CancellationToken stopping = default)
    {
        var (nats, tokens, first, sources, targets) = (0.0, 0L, 0, 0, 0);
        for (var i = 0; i <= pairs.Count; i++)
        {
            stopping.ThrowIfCancellationRequested();
            if (i > first && (i == pairs.Count || Math.Max(sources + pairs.Source(i).Length, targets + pairs.Target(i).Length) > tokensAtOnce))
            {
                using var scope = new TensorScope();
                nats += model.Loss(PairBatch.Of(model.Parameters.Device, pairs, [.. Enumerable.Range(first, i - first)], model.StartToken)).Item() * targets;
                tokens += targets;
                (first, sources, targets) = (i, 0, 0);
            }
            if (i < pairs.Count)
                (sources, targets) = (sources + pairs.Source(i).Length, targets + pairs.Target(i).Length);
        }
        return new HeldOutLoss(nats, tokens);
    }

    static double Nats(ICausalModel model, EvaluationWindows text, long first, int count)
    {
        using var scope = new TensorScope();
        var device = model.Parameters.Device;
        var shape = new Shape(count * text.Context);
        Span<int> ids = device.Host.Empty(shape, DType.I32).AsSpan<int>(), targets = device.Host.Empty(shape, DType.I32).AsSpan<int>();
        var (tokens, length) = (0, 0);
        for (var i = 0; i < count; i++, tokens += length)
            length = text.Fill(first + i, ids.Slice(tokens, text.Context), targets.Slice(tokens, text.Context));
        return model.Loss(Batch.Of(device, ids[..tokens], length), device.From(targets[..tokens])).Item() * tokens;
    }
}
