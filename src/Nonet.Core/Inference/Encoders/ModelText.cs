using System.Runtime.CompilerServices;
using Nonet.Checkpoints.Families;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>A text, or a pair of texts, as input of a model.</summary>
/// <param name="Tokens">Tokens including special ones, with their segments and their ranges in the text.</param>
/// <param name="Cut">Number of tokens that were truncated.</param>
public sealed record EncoderInput(IReadOnlyList<Token> Tokens, int Cut)
{
    /// <summary>Ids of the tokens.</summary>
    public int[] Ids => [.. Tokens.Select(t => t.Id)];
}

/// <summary>A model with its tokenizer, which computes hidden states of texts. Texts of a batch are concatenated, without padding.</summary>
public sealed class ModelText
{
    /// <summary>Combines a model and its tokenizer.</summary>
    public ModelText(ITaskModel model, Tokenizer tokenizer)
    {
        if (tokenizer.Vocab > model.Vocab)
            throw new ArgumentException($"the tokenizer has {tokenizer.Vocab} ids, the model {model.Vocab}: they do not belong together");
        (Model, Tokenizer) = (model, tokenizer);
    }

    /// <summary>The model.</summary>
    public ITaskModel Model { get; }

    /// <summary>Tokenizer of the model.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Maximum number of tokens per batch. A single longer text is a batch of its own.</summary>
    public int BatchTokens { get; init; } = 4096;

    /// <summary>Throws for a checkpoint with another head. The message names its class and the expected classes.</summary>
    internal ModelText Expect(params ReadOnlySpan<ModelHead> heads)
    {
        if (heads.Contains(Model.Head))
            return this;
        List<string> wanted = [];
        foreach (var head in heads)
            wanted.Add(ClassOf(Model.Shape is BertConfig bert ? bert with { Head = head } : Model.Shape.WithTask(new TaskHead { Kind = head })));
        throw new NotSupportedException($"found a {ClassOf(Model.Shape)}; expected a checkpoint of the class {string.Join(" or ", wanted)}");
    }

    static string ClassOf(ModelConfig config) => CheckpointFamily.Of(config).ArchitectureOf(config);

    /// <summary>Maximum number of tokens in an input; null: the model's context.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Id that is appended to every input; null: none.</summary>
    internal int? EndToken { get; init; }

    int Longest => Math.Min(MaxLength ?? Model.Context, Model.Context) - (EndToken is null ? 0 : 1);

    /// <summary>Encodes a text with special tokens. An input that is too long is truncated at its end; in a pair, the longer text is truncated first.</summary>
    public EncoderInput Encode(string text, string? pair = null)
    {
        var whole = Tokenizer.EncodeFull(text, pair);
        if (whole.Tokens.Count == 0 && EndToken is null)
            throw new ArgumentException("the text is empty, and the tokenizer adds no marks to it");
        if (whole.Tokens.Count <= Longest)
            return new EncoderInput(Ended(whole.Tokens), 0);
        var kept = Tokenizer.EncodeFull(text, pair, new EncodeOptions { Truncation = new Truncation(Longest) }).Tokens;
        return new EncoderInput(Ended(kept), whole.Tokens.Count - kept.Count);
    }

    IReadOnlyList<Token> Ended(IReadOnlyList<Token> tokens) => EndToken is { } end ? [.. tokens, new Token(end, 0, 0, Special: true)] : tokens;

    /// <summary>Hidden states (N, Width) of all inputs, and their batch.</summary>
    /// <param name="inputs">The inputs; at least one.</param>
    /// <param name="random">Dropout; null: none.</param>
    public (Tensor Hidden, Batch Batch) Forward(IReadOnlyList<EncoderInput> inputs, RandomKey? random = null)
    {
        var device = Model.Parameters.Device;
        var batch = Batch.Of(device, [.. inputs.Select(i => i.Ids)]);
        if (random is { } key)
            batch = batch.With(key);
        if (Model.Segments is not { } kinds)
            return (Model.Forward(batch), batch);
        int[] segments = [.. inputs.SelectMany(i => i.Tokens).Select(t => t.Type)];
        if (segments.Max() is var most && most >= kinds)
            throw new NotSupportedException($"the tokenizer gives segment {most}; expected one below the model's {kinds}: they do not belong together");
        return (Model.Forward(batch, device.From(segments)), batch);
    }

    /// <summary>Applies a function to batches of inputs on another thread, and returns the results in the order of the inputs.</summary>
    internal async IAsyncEnumerable<T> Run<T>(
        IAsyncEnumerable<EncoderInput> inputs, Func<IReadOnlyList<EncoderInput>, IEnumerable<T>> compute,
        [EnumeratorCancellation] CancellationToken stopping = default)
    {
        var (waiting, tokens) = (new List<EncoderInput>(), 0);
        await foreach (var input in inputs.WithCancellation(stopping).ConfigureAwait(false))
        {
            if (waiting.Count > 0 && tokens + input.Tokens.Count > BatchTokens)
            {
                foreach (var result in await Computed().ConfigureAwait(false))
                    yield return result;
                waiting.Clear();
                tokens = 0;
            }
            waiting.Add(input);
            tokens += input.Tokens.Count;
        }
        if (waiting.Count == 0)
            yield break;
        foreach (var result in await Computed().ConfigureAwait(false))
            yield return result;

        Task<T[]> Computed() => Task.Run(() =>
        {
            using var scope = new TensorScope();
            return compute(waiting).ToArray();
        }, stopping);
    }

    /// <summary>Rows of a matrix, downloaded.</summary>
    public static IEnumerable<float[]> Rows(Tensor x)
    {
        using var copy = x.Device is HostDevice ? null : x.Download();
        x = copy ?? x;
        for (var row = 0; row < x.Shape[0]; row++)
        {
            var values = new float[x.Shape[1]];
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)x.Value((long)row * values.Length + i);
            yield return values;
        }
    }

    /// <summary>Rows of a model's output. Throws if a number is not finite.</summary>
    /// <exception cref="InvalidDataException">A number is NaN or infinite.</exception>
    internal static IEnumerable<float[]> FiniteRows(Tensor x)
    {
        foreach (var row in Rows(x))
        {
            if (Array.FindIndex(row, v => !float.IsFinite(v)) is >= 0 and var i)
                throw new InvalidDataException(
                    $"the model computed {(float.IsNaN(row[i]) ? "NaN" : "an infinite number")}; expected finite numbers: its weights are damaged, or too "
                    + $"large to compute with");
            yield return row;
        }
    }

    /// <summary>exp(x) / Σ exp(x), in double.</summary>
    internal static double[] Softmax(IEnumerable<double> logits)
    {
        double[] p = [.. logits];
        var most = p.Max();
        var sum = 0.0;
        for (var i = 0; i < p.Length; i++)
            sum += p[i] = Math.Exp(p[i] - most);
        for (var i = 0; i < p.Length; i++)
            p[i] /= sum;
        return p;
    }
}
