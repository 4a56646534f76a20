using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>y = w · (x − mean) / √(variance + ε) + b over the last axis. Ba et al. 2016.</summary>
public sealed class LayerNorm(ParameterPath p, int width, float epsilon)
{
    public Parameter Weight { get; } = (p / "weight").Add(new Shape(width), Initialization.Ones, ParameterRole.Norm);
    public Parameter Bias { get; } = (p / "bias").Add(new Shape(width), Initialization.Zeros, ParameterRole.Norm);

    public Tensor Forward(Tensor x) => Ops.LayerNorm(x, Weight.Value, Bias.Value, epsilon);
}
