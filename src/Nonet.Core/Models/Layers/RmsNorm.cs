using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// y = (w + offset) · x / √(mean(x²) + ε) over the last axis. Zhang and Sennrich 2019, eq. 4. The offset is 1 in Gemma, whose gains are
/// initially 0.
/// </summary>
public sealed class RmsNorm(ParameterPath p, int width, float epsilon, float offset = 0)
{
    /// <summary>w (width): the gain, initially 1 − offset.</summary>
    public Parameter Weight { get; } = (p / "weight").Add(new Shape(width), Initialization.Constant(1 - offset), ParameterRole.Norm);

    /// <summary>Normalises each row of x (N, width).</summary>
    public Tensor Forward(Tensor x) => Ops.RmsNorm(x, Weight.Value, epsilon, offset);

    /// <summary>The same over each head of x (N, Heads · headWidth).</summary>
    internal Tensor ForwardHeads(Tensor x, int headWidth)
    {
        var heads = Ops.Reshape(x, new Shape(x.Shape[0] * (x.Shape[1] / headWidth), headWidth));
        return Ops.Reshape(Forward(heads), x.Shape);
    }
}
