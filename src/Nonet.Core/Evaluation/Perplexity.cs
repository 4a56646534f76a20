using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;

namespace Nonet.Evaluation;

/// <summary>
/// Perplexity of a text over sliding windows: exp of the mean of −ln p(token | tokens before it in its window). The text follows one start token, and each of
/// its tokens is predicted exactly once. The first window is as long as the model's context and predicts all its tokens. Each further window begins stride
/// tokens later and predicts only the tokens that no earlier window predicted; it reads the others as context. If the stride equals the context, windows do
/// not overlap. A smaller stride gives every token at least context − stride tokens of context, at context / stride times the cost.
/// </summary>
public static class Perplexity
{
    /// <summary>Measures the total −ln p of all <paramref name="ids"/>.</summary>
    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="ids">Ids of the text.</param>
    /// <param name="start">The start token, usually the tokenizer's end mark.</param>
    /// <param name="context">Tokens per window, at most the model's context.</param>
    /// <param name="stride">Distance between the beginnings of windows in tokens, from 1 to context.</param>
    /// <param name="progress">Receives the number of tokens predicted so far.</param>
    /// <param name="stopping">Cancels the measurement.</param>
    public static HeldOutLoss Measure(ICausalModel model, ReadOnlySpan<int> ids, int start, int context, int stride, IProgress<long>? progress = null,
        CancellationToken stopping = default)
    {
        if (ids.Length == 0)
            throw new ArgumentException("the text has no token; expected at least one", nameof(ids));
        if (context < 1 || context > model.Context)
            throw new ArgumentOutOfRangeException(nameof(context), $"a window of {context} tokens: 1 to {model.Context}, the model's context, are possible");
        if (stride < 1 || stride > context)
            throw new ArgumentOutOfRangeException(nameof(stride), $"a stride of {stride}: 1 to {context}, the window, are possible");
        int[] text = [start, .. ids];
        var nats = 0.0;
        for (int first = 0, done = 0; done < ids.Length; first += stride)
        {
            stopping.ThrowIfCancellationRequested();
            var length = Math.Min(context, ids.Length - first);
            nats += Nats(model, text.AsSpan(first, length + 1), counted: first + length - done);
            done = first + length;
            progress?.Report(done);
        }
        return new HeldOutLoss(nats, ids.Length);
    }

    /// <summary>Σ −ln p of the last <paramref name="counted"/> tokens of a window. The tokens before them are only read.</summary>
    static double Nats(ICausalModel model, ReadOnlySpan<int> window, int counted)
    {
        using var scope = new TensorScope();
        var device = model.Parameters.Device;
        int[] targets = [.. window[1..]];
        targets.AsSpan(0, targets.Length - counted).Fill(-1); // not counted
        return model.Loss(Batch.Of(device, [.. window[..^1]]), device.From(targets)).Item() * counted;
    }
}
