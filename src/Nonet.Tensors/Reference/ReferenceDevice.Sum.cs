using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Sum(Tensor x, double scale, Tensor y)
    {
        Fill(y, 0);
        for (var e = 0L; e < x.Elements; e++)
            y.F64[e / (x.Elements / y.Elements)] += scale * x.F64[e];
    }

    /// <inheritdoc/>
    public override void SumBackward(Tensor dy, double scale, GradientTarget dx)
    {
        for (var e = 0L; dx.Wanted && e < dx.Tensor.Elements; e++)
            Put(dx, e, scale * dy.F64[e / (dx.Tensor.Elements / dy.Elements)]);
    }

    /// <inheritdoc/>
    public override void MaskedMean(Tensor x, Tensor mask, Tensor y, Tensor weight)
    {
        var sum = 0.0;
        weight.F64[0] = 0;
        for (var e = 0L; e < x.Elements; e++)
        {
            weight.F64[0] += mask.F64[e];
            sum += mask.F64[e] == 0 ? 0 : mask.F64[e] * x.F64[e];
        }
        y.F64[0] = weight.F64[0] == 0 ? 0 : sum / weight.F64[0];
    }

    /// <inheritdoc/>
    public override void MaskedMeanBackward(Tensor dy, Tensor mask, Tensor weight, GradientTarget dx)
    {
        for (var e = 0L; dx.Wanted && e < mask.Elements; e++)
            Put(dx, e, weight.F64[0] == 0 ? 0 : dy.F64[0] * mask.F64[e] / weight.F64[0]);
    }
}
