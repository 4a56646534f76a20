using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;

namespace Nonet.Evaluation;

/// <summary>
/// Perplexity of a text over sliding windows: exp of the mean of −ln p(token | tokens before it in its window). The text's ids stand after one start id, so
/// that each of them is predicted, exactly once: the first window is as long as the model's context and predicts all its tokens; each further one begins
/// stride tokens later and predicts only those that no window before it did, the others being what it reads. A stride of the context gives windows that do not
/// overlap; a smaller one gives every token at least context − stride tokens before it, at context / stride times the cost.
/// </summary>
public static class Perplexity
{
    /// <summary>Total −ln p and the number of tokens, which is that of <paramref name="ids"/>.</summary>
    /// <param name="model">Filled.</param>
    /// <param name="ids">The text.</param>
    /// <param name="start">Stands before the text: the tokenizer's end mark.</param>
    /// <param name="context">Tokens of a window, at most the model's context.</param>
    /// <param name="stride">Tokens from one window's beginning to the next's, 1 … context.</param>
    /// <param name="progress">Told how many tokens are done.</param>
    /// <param name="stopping">Ends it with an <see cref="OperationCanceledException"/>.</param>
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

    /// <summary>−ln p of the last tokens of a window, the others and the first being read only.</summary>
    static double Nats(ICausalModel model, ReadOnlySpan<int> window, int counted)
    {
        using var scope = new TensorScope();
        var device = model.Parameters.Device;
        int[] targets = [.. window[1..]];
        targets.AsSpan(0, targets.Length - counted).Fill(-1); // not counted
        return model.Loss(Batch.Of(device, [.. window[..^1]]), device.From(targets)).Item() * counted;
    }
}
