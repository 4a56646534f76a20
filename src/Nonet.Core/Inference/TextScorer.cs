using System.Globalization;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference;

/// <summary>A token of a scored text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogProbability">ln p(token | the tokens before it).</param>
public readonly record struct TokenScore(int Id, double LogProbability);

/// <summary>Log-probabilities that a decoder gives to the tokens of a text.</summary>
public sealed class TextScorer
{
    /// <summary>Rows of logits that exist at once.</summary>
    const int Rows = 64;

    readonly ICausalModel model;
    readonly Tokenizer tokenizer;
    readonly int? start;

    /// <param name="model">A decoder, its weights filled.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="start">What stands before a text, as the model file says; null: the tokenizer's end mark.</param>
    public TextScorer(ICausalModel model, Tokenizer tokenizer, int? start = null)
    {
        if (tokenizer.Vocab > model.Vocab)
            throw new ArgumentException($"the tokenizer has {tokenizer.Vocab} ids, the model {model.Vocab}: they do not belong together");
        (this.model, this.tokenizer, this.start) = (model, tokenizer, start);
    }

    /// <summary>The tokens of a continuation, each given the context and the tokens before it. Both parts are encoded as one text, and split where the context's own tokens end.</summary>
    /// <param name="context">What stands before the continuation; empty: the beginning of a document.</param>
    /// <param name="continuation">The text that is scored; not empty.</param>
    /// <param name="stopping">Ends the work between blocks of rows.</param>
    /// <exception cref="ArgumentException">The continuation has no token of its own, or the text does not fit the model's context.</exception>
    public IReadOnlyList<TokenScore> Score(string context, string continuation, CancellationToken stopping = default)
    {
        var before = tokenizer.EncodePlain(context);
        var ids = tokenizer.EncodePlain(context + continuation);
        var shared = Math.Min(before.Length, ids.Length);
        for (var i = 0; i < shared; i++)
        {
            if (before[i] != ids[i])
                shared = i;
        }
        if (shared == ids.Length)
            throw new ArgumentException("the continuation has no token of its own; a text of at least one character is needed", nameof(continuation));
        return Score([start ?? tokenizer.EndOfText, .. ids], shared + 1, stopping);
    }

    /// <summary>The scores of ids[first..], each given all ids before it. At least one id stands before the first that is scored.</summary>
    public IReadOnlyList<TokenScore> Score(int[] ids, int first, CancellationToken stopping = default)
    {
        if (first < 1 || first >= ids.Length)
            throw new ArgumentException($"scores from id {first} of {ids.Length}: at least one id before the first, and one to score, are needed", nameof(first));
        if (ids.Length > model.Context)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"the text takes {ids.Length:N0} tokens; the model's context is {model.Context:N0}"), nameof(ids));
        }
        using var scope = new TensorScope();
        var hidden = model.Forward(Batch.Of(model.Parameters.Device, ids[..^1]));
        var scores = new TokenScore[ids.Length - first];
        for (var start = first - 1; start < ids.Length - 1; start += Rows)
        {
            stopping.ThrowIfCancellationRequested();
            using var part = new TensorScope();
            var count = Math.Min(Rows, ids.Length - 1 - start);
            var logits = model.Output(Ops.Slice(hidden, 0, start, count)).Download().AsSpan<float>();
            for (var row = 0; row < count; row++)
            {
                var id = ids[start + row + 1];
                var values = logits.Slice(row * model.Vocab, model.Vocab);
                scores[start + row - first + 1] = new TokenScore(id, values[id] - LogSumExp(values));
            }
        }
        return scores;
    }

    static double LogSumExp(ReadOnlySpan<float> values)
    {
        var (largest, sum) = (float.NegativeInfinity, 0.0);
        foreach (var v in values)
            largest = Math.Max(largest, v);
        foreach (var v in values)
            sum += Math.Exp(v - largest);
        return largest + Math.Log(sum);
    }
}
