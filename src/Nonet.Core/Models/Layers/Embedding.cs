using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>A table of vectors, <c>weight</c> (count, width); an id selects its row.</summary>
public sealed class Embedding : IAdaptable
{
    /// <summary>Declares a table whose initial values are normal with the given deviation.</summary>
    public Embedding(ParameterPath p, int count, int width, double deviation, ParameterRole role = ParameterRole.Embedding)
        : this(p, count, width, Initialization.Normal(deviation), role)
    {
    }

    /// <summary>Declares a table.</summary>
    /// <param name="p">Path of the layer; the table is <c>weight</c> below it.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="start">Initial values.</param>
    /// <param name="role">Whether the rows stand for tokens or positions.</param>
    public Embedding(ParameterPath p, int count, int width, Initialization start, ParameterRole role = ParameterRole.Embedding)
    {
        Weight = (p / "weight").Add(new Shape(count, width), start, role);
        Weight.Layer = this;
        Projection = new TiedProjection(Weight);
    }

    /// <summary>The table, (count, width).</summary>
    public Parameter Weight { get; }

    /// <summary>Trainable change of the rows that are looked up; null: none. The projection has its own adapter.</summary>
    public LowRankAdapter? Adapter
    {
        get;
        set
        {
            value?.CheckFor(Weight);
            field = value;
        }
    }

    /// <summary>Whether the model also computes its logits with the table.</summary>
    public bool Projects { get; init; }

    /// <summary>The table used as an output layer.</summary>
    public TiedProjection Projection { get; }

    /// <summary>ids (N) → (N, width).</summary>
    public Tensor Forward(Indices ids)
    {
        var y = Ops.Embedding(Weight.Value, ids);
        if (Adapter is null)
            return y;
        using (y) // no backward pass reads the unchanged rows
            return Adapter.Lookup(ids, y);
    }

    /// <summary>
    /// The rows of a batch's tokens (N, width). With <see cref="Batch.EmbeddingNoise"/> α, uniform values in ±α / √(L · width) are added, with L the length of
    /// the token's sequence: Jain et al. 2023, "NEFTune", algorithm 1.
    /// </summary>
    public Tensor Forward(Batch batch)
    {
        var x = Forward(batch.Ids);
        return batch is { EmbeddingNoise: > 0, Random: { } random } ? Ops.Add(x, Noise(batch, random.At(Weight.Path), x)) : x;
    }

    static Tensor Noise(Batch batch, RandomKey key, Tensor x)
    {
        var starts = batch.Starts.Values;
        var (width, noise) = (x.Shape.Last, new double[x.Elements]);
        for (var s = 0; s + 1 < starts.Length; s++)
        {
            var size = batch.EmbeddingNoise / Math.Sqrt((starts[s + 1] - starts[s]) * (double)width);
            for (var i = (long)starts[s] * width; i < (long)starts[s + 1] * width; i++)
                noise[i] = size * (2 * Philox.Uniform(key, (ulong)i) - 1);
        }
        return x.Device.From(x.Shape, noise, x.DType);
    }

    /// <summary>Uses the table as an output projection: x (N, width) → (N, count), with an optional bias (count). Press and Wolf 2017.</summary>
    public Tensor Project(Tensor x, Parameter? bias = null) => Projection.Forward(x, bias);
}

/// <summary>A token table that also computes the logits. Its adapter changes the logits but not the rows that are looked up.</summary>
public sealed class TiedProjection : IAdaptable
{
    internal TiedProjection(Parameter weight) => Weight = weight;

    /// <inheritdoc/>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public LowRankAdapter? Adapter
    {
        get;
        set
        {
            value?.CheckFor(Weight);
            field = value;
        }
    }

    internal Tensor Forward(Tensor x, Parameter? bias) => Adapter?.Forward(x, bias?.Value, null) ?? Ops.Linear(x, Weight.Value, bias?.Value);
}
