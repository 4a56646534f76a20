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
        return Adapter?.Lookup(ids, y) ?? y;
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

    internal Tensor Forward(Tensor x, Parameter? bias)
    {
        var y = Ops.Linear(x, Weight.Value, bias?.Value);
        return Adapter?.Forward(x, y) ?? y;
    }
}
