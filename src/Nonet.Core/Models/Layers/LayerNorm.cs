using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>y = w · (x − mean) / √(variance + ε) + b over the last axis. Ba et al. 2016.</summary>
public sealed class LayerNorm(ParameterPath p, int width, float epsilon)
{
    /// <summary>w (width): the gain, initially 1.</summary>
    public Parameter Weight { get; } = (p / "weight").Add(new Shape(width), Initialization.Ones, ParameterRole.Norm);

    /// <summary>b (width): the shift, initially 0.</summary>
    public Parameter Bias { get; } = (p / "bias").Add(new Shape(width), Initialization.Zeros, ParameterRole.Norm);

    /// <summary>Normalises each row of x (N, width).</summary>
    public Tensor Forward(Tensor x) => Ops.LayerNorm(x, Weight.Value, Bias.Value, epsilon);
}
