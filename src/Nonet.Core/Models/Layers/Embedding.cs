using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>A table of vectors: row id of <c>weight</c> (count, width).</summary>
public sealed class Embedding : IAdaptable
{
    public Embedding(ParameterPath p, int count, int width, double deviation, ParameterRole role = ParameterRole.Embedding)
        : this(p, count, width, Initialization.Normal(deviation), role)
    {
    }

    public Embedding(ParameterPath p, int count, int width, Initialization start, ParameterRole role = ParameterRole.Embedding)
    {
        Weight = (p / "weight").Add(new Shape(count, width), start, role);
        Weight.Layer = this;
        Projection = new TiedProjection(Weight);
    }

    public Parameter Weight { get; }

    /// <summary>A trainable change of the rows that are looked up; the projection has its own.</summary>
    public LowRankAdapter? Adapter
    {
        get;
        set
        {
            value?.CheckFor(Weight);
            field = value;
        }
    }

    /// <summary>Whether the model makes its logits with the table, too.</summary>
    public bool Projects { get; init; }

    /// <summary>The table as an output layer.</summary>
    public TiedProjection Projection { get; }

    /// <summary>ids (N) → (N, width).</summary>
    public Tensor Forward(Indices ids)
    {
        var y = Ops.Embedding(Weight.Value, ids);
        return Adapter?.Lookup(ids, y) ?? y;
    }

    /// <summary>The table as an output projection: x (N, width) → (N, count), with a bias (count) if one is given. Press and Wolf 2017.</summary>
    public Tensor Project(Tensor x, Parameter? bias = null) => Projection.Forward(x, bias);
}

/// <summary>A token table that also makes the logits. An adapter on it changes the logits and not the rows that are looked up.</summary>
public sealed class TiedProjection : IAdaptable
{
    internal TiedProjection(Parameter weight) => Weight = weight;

    public Parameter Weight { get; }

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
