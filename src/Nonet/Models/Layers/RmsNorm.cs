using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>y = w · x / √(mean(x²) + ε) over the last axis. Zhang and Sennrich 2019, eq. 4.</summary>
public sealed class RmsNorm(ParameterPath p, int width, float epsilon)
{
    public Parameter Weight { get; } = (p / "weight").Add(new Shape(width), Initialization.Ones);

    public Tensor Forward(Tensor x) => Ops.RmsNorm(x, Weight.Value, epsilon);
}
