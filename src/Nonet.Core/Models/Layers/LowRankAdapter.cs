using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// A change of a frozen weight W (Out, In) by a product of two thin matrices: W + scale · B A with A (r, In) and B (Out, r).
/// B starts at zero, so that nothing changes at first. Hu et al. 2021, "LoRA", section 4.1.
/// </summary>
public sealed class LowRankAdapter(ParameterPath p, int inputs, int outputs, int rank, float scale)
{
    public Parameter A { get; } = (p / "a").Add(new Shape(rank, inputs), Initialization.Normal(1 / Math.Sqrt(inputs)), ParameterRole.Matrix);
    public Parameter B { get; } = (p / "b").Add(new Shape(outputs, rank), Initialization.Zeros, ParameterRole.Matrix);

    /// <summary>α / r of the paper.</summary>
    public float Scale { get; } = scale;

    /// <summary>Adds the change to a linear layer's own result y (N, Out) of x (N, In).</summary>
    public Tensor Forward(Tensor x, Tensor y) => Ops.Linear(Ops.Scale(Ops.Linear(x, A.Value), Scale), B.Value, residual: y);

    /// <summary>Adds the change to a table's own rows y (N, In) of ids (N).</summary>
    public Tensor Lookup(Indices ids, Tensor y) => Ops.Add(y, Ops.MatMul(Ops.Scale(Ops.Embedding(B.Value, ids), Scale), A.Value));

    /// <summary>Throws if A and B are not those of a weight.</summary>
    internal void CheckFor(Parameter weight)
    {
        if (A.Shape.Last != weight.Shape[1] || B.Shape[0] != weight.Shape[0])
            throw new ShapeException($"the adapter's A {A.Shape} and B {B.Shape} do not fit the layer {weight}");
    }
}
