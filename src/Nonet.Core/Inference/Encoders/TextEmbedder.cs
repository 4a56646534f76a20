using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>What of a text's hidden states becomes its vector.</summary>
public enum Pooling
{
    /// <summary>The mean of all, marks included.</summary>
    Mean,

    /// <summary>The first token's, as it is.</summary>
    Cls,

    /// <summary>The first token's after the model's pooler, which BertModel has.</summary>
    Pooler,

    /// <summary>The largest of each dimension.</summary>
    Max,
}

/// <summary>A text as a vector.</summary>
/// <param name="Vector">Width numbers.</param>
/// <param name="Tokens">Tokens that were read, marks included.</param>
/// <param name="Cut">Tokens beyond the model's context, which were not.</param>
public sealed record TextEmbedding(float[] Vector, int Tokens, int Cut);

/// <summary>Texts to vectors, with a BERT of any kind.</summary>
public sealed class TextEmbedder
{
    readonly Bert model;
    readonly ModelText text;
    readonly Pooling pooling;
    readonly bool normalize;

    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="pooling">How hidden states become one vector.</param>
    /// <param name="normalize">Whether vectors get length 1.</param>
    public TextEmbedder(Bert model, Tokenizer tokenizer, Pooling pooling = Pooling.Mean, bool normalize = false)
    {
        (this.model, text, this.pooling, this.normalize) = (model, new ModelText(model, tokenizer), pooling, normalize);
        if (pooling == Pooling.Pooler && !model.Config.HasPooler)
            throw new NotSupportedException(
                $"found a checkpoint of the kind {model.Config.Head}, which has no pooler; expected pooling by {Pooling.Cls}, {Pooling.Mean} or {Pooling.Max}");
    }

    /// <summary>Numbers of a vector.</summary>
    public int Width => model.Config.Width;

    /// <summary>The vectors of texts, in their order; several are computed at once.</summary>
    public IAsyncEnumerable<TextEmbedding> Embed(IAsyncEnumerable<string> texts, CancellationToken stopping = default) =>
        text.Run(texts.Select(t => text.Encode(t)), Compute, stopping);

    /// <summary>The vector of one text, on the caller's thread.</summary>
    public TextEmbedding Embed(string single)
    {
        using var scope = new TensorScope();
        return Compute([text.Encode(single)]).Single();
    }

    IEnumerable<TextEmbedding> Compute(IReadOnlyList<EncoderInput> inputs)
    {
        var (hidden, batch) = text.Forward(inputs);
        var vectors = pooling switch
        {
            Pooling.Cls => ModelText.FiniteRows(model.First(hidden, batch)),
            Pooling.Pooler => ModelText.FiniteRows(model.Pool(hidden, batch)),
            _ => Reduced(hidden, batch),
        };
        return inputs.Zip(vectors, (input, vector) => new TextEmbedding(normalize ? Unit(vector) : vector, input.Tokens.Count, input.Cut));
    }

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
                    sum[i] = pooling == Pooling.Mean ? sum[i] + rows.Current[i] : token == starts[s] ? rows.Current[i] : Math.Max(sum[i], rows.Current[i]);
            }
            var count = pooling == Pooling.Mean ? starts[s + 1] - starts[s] : 1;
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
