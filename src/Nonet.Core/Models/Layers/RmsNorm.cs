using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>y = (w + offset) · x / √(mean(x²) + ε) over the last axis. Zhang and Sennrich 2019, eq. 4; offset 1 in Gemma, whose gains start at 0.</summary>
public sealed class RmsNorm(ParameterPath p, int width, float epsilon, float offset = 0)
{
    public Parameter Weight { get; } = (p / "weight").Add(new Shape(width), Initialization.Constant(1 - offset), ParameterRole.Norm);

    public Tensor Forward(Tensor x) => Ops.RmsNorm(x, Weight.Value, epsilon, offset);

    /// <summary>The same over each head of (N, Heads · headWidth).</summary>
    internal Tensor ForwardHeads(Tensor x, int headWidth)
    {
        var heads = Ops.Reshape(x, new Shape(x.Shape[0] * (x.Shape[1] / headWidth), headWidth));
        return Ops.Reshape(Forward(heads), x.Shape);
    }
}
