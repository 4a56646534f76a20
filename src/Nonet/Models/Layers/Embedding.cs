using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>A table of vectors: row id of <c>weight</c> (count, width).</summary>
public sealed class Embedding(ParameterPath p, int count, int width, Initialization start, ParameterRole role = ParameterRole.Embedding)
{
    public Embedding(ParameterPath p, int count, int width, double deviation, ParameterRole role = ParameterRole.Embedding)
        : this(p, count, width, Initialization.Normal(deviation), role)
    {
    }

    public Parameter Weight { get; } = (p / "weight").Add(new Shape(count, width), start, role);

    /// <summary>ids (N) → (N, width).</summary>
    public Tensor Forward(Tensor ids) => Ops.Embedding(Weight.Value, ids);

    /// <summary>The table as an output projection: (N, width) → (N, count). Press and Wolf 2017.</summary>
    public Tensor Project(Tensor x) => Ops.Linear(x, Weight.Value);
}
