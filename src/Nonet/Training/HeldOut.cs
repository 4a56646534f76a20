using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Loss on text that was not trained on: a total over predicted tokens.</summary>
/// <param name="Nats">Sum of −ln p over the tokens.</param>
/// <param name="Tokens">Tokens predicted.</param>
public readonly record struct HeldOutLoss(double Nats, long Tokens)
{
    public double NatsPerToken => Nats / Tokens;
    public double Perplexity => Math.Exp(NatsPerToken);

    /// <summary>Comparable between vocabularies.</summary>
    /// <param name="bytes">UTF-8 bytes that the tokens stand for.</param>
    public double BitsPerByte(long bytes) => Nats / Math.Log(2) / bytes;
}

/// <summary>Evaluation on held-out tokens.</summary>
public static class HeldOut
{
    /// <summary>
    /// Predicts every token but the first, once, in windows of <paramref name="context"/> tokens laid end to end: a token sees those before it in its window.
    /// Without dropout, and the same bits for the same weights whatever else the run did.
    /// </summary>
    /// <param name="model">Filled.</param>
    /// <param name="tokens">The held-out text, at least 2 tokens.</param>
    /// <param name="context">Tokens a window.</param>
    /// <param name="windows">Windows computed at once.</param>
    public static HeldOutLoss Evaluate(ICausalModel model, ReadOnlySpan<int> tokens, int context, int windows = 16)
    {
        if (tokens.Length < 2)
            throw new ArgumentException($"the held-out text has {tokens.Length} tokens; at least 2 are needed to predict one from the other");
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(context, model.Context);
        ArgumentOutOfRangeException.ThrowIfLessThan(windows, 1);
        var (inputs, targets) = (tokens[..^1], tokens[1..]);
        var nats = 0.0;
        for (var done = 0; done < inputs.Length;)
        {
            var left = inputs.Length - done;
            var length = Math.Min(context, left);
            var count = length * Math.Min(windows, left / length); // the last window may be short, and then runs alone
            nats += Nats(model, inputs.Slice(done, count), targets.Slice(done, count), length);
            done += count;
        }
        return new HeldOutLoss(nats, inputs.Length);
    }

    static double Nats(ICausalModel model, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int length)
    {
        using var scope = new TensorScope();
        var device = model.Parameters.Device;
        return model.Loss(Batch.Of(device, inputs, length), device.From(targets)).Item() * inputs.Length;
    }
}
