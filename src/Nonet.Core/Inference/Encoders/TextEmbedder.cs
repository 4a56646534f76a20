using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>The way in which the hidden states of a text become its vector.</summary>
public enum Pooling
{
    /// <summary>The mean of all hidden states, including those of special tokens.</summary>
    Mean,

    /// <summary>The hidden state of the first token.</summary>
    Cls,

    /// <summary>The hidden state of the first token after the pooler of BertModel.</summary>
    Pooler,

    /// <summary>The maximum in each dimension.</summary>
    Max,

    /// <summary>The hidden state of the last token, which in a decoder has seen all others.</summary>
    Last,
}

/// <summary>A text as a vector.</summary>
/// <param name="Vector">The vector, of the embedder's width.</param>
/// <param name="Tokens">Number of tokens read, including special tokens.</param>
/// <param name="Cut">Number of tokens beyond the model's context, which were not read.</param>
public sealed record TextEmbedding(float[] Vector, int Tokens, int Cut);

/// <summary>Converts texts to vectors, with a BERT of any kind or a decoder.</summary>
public sealed class TextEmbedder
{
    readonly ITaskModel model;
    readonly ModelText text;
    readonly EmbeddingSettings settings;

    /// <param name="model">The model: a <see cref="Bert"/>, or a decoder as a <see cref="DecoderTrunk"/>.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="pooling">How hidden states become one vector.</param>
    /// <param name="normalize">Whether vectors are normalised to length 1.</param>
    public TextEmbedder(ITaskModel model, Tokenizer tokenizer, Pooling pooling = Pooling.Mean, bool normalize = false)
        : this(model, tokenizer, new EmbeddingSettings { Pooling = pooling, Normalize = normalize })
    {
    }

    internal TextEmbedder(ITaskModel model, Tokenizer tokenizer, EmbeddingSettings settings)
    {
        (this.model, this.settings) = (model, settings);
        text = new ModelText(model, tokenizer) { MaxLength = settings.MaxLength, EndToken = settings.EndToken };
        if (settings.Pooling == Pooling.Pooler && model is not Bert { Config.HasPooler: true })
            throw new NotSupportedException(
                $"found a {(model is Bert ? $"checkpoint of the kind {model.Head}" : model.Shape.Family)}, which has no pooler; expected pooling by "
                + $"{Pooling.Cls}, {Pooling.Mean}, {Pooling.Last} or {Pooling.Max}");
    }

    /// <summary>Creates an embedder with the settings of the model's files: modules.json of sentence-transformers, or pooling_type of a GGUF file.</summary>
    /// <param name="open">An encoder or a decoder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="pooling">How hidden states become one vector; null: the files' setting, or their mean if the files have none.</param>
    /// <param name="normalize">Whether vectors are normalised to length 1; null: the files' setting.</param>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, or lacks the pooler or end token that the pooling needs.</exception>
    public static TextEmbedder Of(LoadedModel open, Tokenizer tokenizer, Pooling? pooling = null, bool? normalize = null) =>
        new(open.Trunk, tokenizer, EmbeddingSettings.Of(open, tokenizer, pooling, normalize));

    /// <summary>Number of dimensions of a vector.</summary>
    public int Width => model.Shape.StateWidth;

    /// <summary>How hidden states become one vector.</summary>
    public Pooling Pooling => settings.Pooling;

    /// <summary>Embeds texts, in their order; several are computed at once.</summary>
    public IAsyncEnumerable<TextEmbedding> Embed(IAsyncEnumerable<string> texts, CancellationToken stopping = default) =>
        text.Run(texts.Select(Encode), Compute, stopping);

    /// <summary>Embeds one text, on the caller's thread.</summary>
    public TextEmbedding Embed(string single)
    {
        using var scope = new TensorScope();
        return Compute([Encode(single)]).Single();
    }

    EncoderInput Encode(string single) => text.Encode(settings.Prompt + single);

    IEnumerable<TextEmbedding> Compute(IReadOnlyList<EncoderInput> inputs)
    {
        var (hidden, batch) = text.Forward(inputs);
        var vectors = Pooling switch
        {
            Pooling.Cls => ModelText.FiniteRows(At(hidden, batch.Starts.Values[..^1])),
            Pooling.Last => ModelText.FiniteRows(At(hidden, Array.ConvertAll(batch.Starts.Values[1..].ToArray(), end => end - 1))),
            Pooling.Pooler => ModelText.FiniteRows(((Bert)model).Pool(hidden, batch)),
            _ => Reduced(hidden, batch),
        };
        return inputs.Zip(vectors, (input, vector) => new TextEmbedding(settings.Normalize ? Unit(vector) : vector, input.Tokens.Count, input.Cut));
    }

    static Tensor At(Tensor hidden, ReadOnlySpan<int> rows) => Ops.Embedding(hidden, hidden.Device.From(rows));

    IEnumerable<float[]> Reduced(Tensor hidden, Batch batch)
    {
        var starts = batch.Starts.Values.ToArray();
        using var rows = ModelText.FiniteRows(hidden).GetEnumerator();
        for (var s = 0; s + 1 < starts.Length; s++)
        {
            var sum = new double[Width];
            for (var token = starts[s]; token < starts[s + 1]; token++)
            {
                rows.MoveNext();
                for (var i = 0; i < sum.Length; i++)
                    sum[i] = Pooling == Pooling.Mean ? sum[i] + rows.Current[i] : token == starts[s] ? rows.Current[i] : Math.Max(sum[i], rows.Current[i]);
            }
            var count = Pooling == Pooling.Mean ? starts[s + 1] - starts[s] : 1;
            yield return Array.ConvertAll(sum, v => (float)(v / count));
        }
    }

    /// <summary>v / |v|; zero stays zero.</summary>
    static float[] Unit(float[] v)
    {
        var length = Math.Sqrt(v.Sum(x => (double)x * x));
        return length == 0 ? v : Array.ConvertAll(v, x => (float)(x / length));
    }
}
