using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// Changes a frozen weight W (Out, In) by the product of two thin matrices: W + scale · B A, with A (r, In) and B (Out, r). B is initially
/// 0, so that the model does not change at first. Hu et al. 2021, "LoRA", section 4.1.
/// </summary>
public sealed class LowRankAdapter(ParameterPath p, int inputs, int outputs, int rank, float scale)
{
    /// <summary>A (r, In), initially normal with deviation 1/√In.</summary>
    public Parameter A { get; } = (p / "a").Add(new Shape(rank, inputs), Initialization.Normal(1 / Math.Sqrt(inputs)), ParameterRole.Matrix);

    /// <summary>B (Out, r), initially 0.</summary>
    public Parameter B { get; } = (p / "b").Add(new Shape(outputs, rank), Initialization.Zeros, ParameterRole.Matrix);

    /// <summary>α / r of the paper.</summary>
    public float Scale { get; } = scale;

    /// <summary>Adds the change to the result y (N, Out) of a linear layer for x (N, In).</summary>
    public Tensor Forward(Tensor x, Tensor y) => Ops.Linear(Ops.Scale(Ops.Linear(x, A.Value), Scale), B.Value, residual: y);

    /// <summary>Adds the change to the rows y (N, In) that a table returned for ids (N).</summary>
    public Tensor Lookup(Indices ids, Tensor y) => Ops.Add(y, Ops.MatMul(Ops.Scale(Ops.Embedding(B.Value, ids), Scale), A.Value));

    /// <summary>Throws if the shapes of A and B do not fit a weight.</summary>
    internal void CheckFor(Parameter weight)
    {
        if (A.Shape.Last != weight.Shape[1] || B.Shape[0] != weight.Shape[0])
            throw new ShapeException($"the adapter's A {A.Shape} and B {B.Shape} do not fit the layer {weight}");
    }
}
