using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// Norm of a residual sublayer f: after it, norm(x + f(x)), or before it, x + f(norm(x)). Compute the sublayer as <c>After(f(Before(x)) +
/// x)</c>.
/// </summary>
sealed class SublayerNorm(ParameterPath p, int width, float epsilon, NormPlacement placement)
{
    readonly LayerNorm norm = new(p, width, epsilon);

    public Tensor Before(Tensor x) => placement == NormPlacement.Pre ? norm.Forward(x) : x;

    public Tensor After(Tensor x) => placement == NormPlacement.Post ? norm.Forward(x) : x;
}
