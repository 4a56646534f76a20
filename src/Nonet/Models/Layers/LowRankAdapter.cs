using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// A change of a frozen linear layer by a product of two thin matrices: y + scale · (x Aᵀ) Bᵀ with A (r, In) and B (Out, r).
/// B starts at zero, so that nothing changes at first. Hu et al. 2021, "LoRA", section 4.1.
/// </summary>
public sealed class LowRankAdapter(ParameterPath p, int inputs, int outputs, int rank, float scale)
{
    public Parameter A { get; } = (p / "a").Add(new Shape(rank, inputs), Initialization.Normal(1 / Math.Sqrt(inputs)), ParameterRole.Matrix);
    public Parameter B { get; } = (p / "b").Add(new Shape(outputs, rank), Initialization.Zeros, ParameterRole.Matrix);

    /// <summary>α / r of the paper.</summary>
    public float Scale { get; } = scale;

    /// <summary>Adds the change to the layer's own result y (N, Out) of x (N, In).</summary>
    public Tensor Forward(Tensor x, Tensor y) => Ops.Linear(Ops.Scale(Ops.Linear(x, A.Value), Scale), B.Value, residual: y);
}
