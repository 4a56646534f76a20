using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Softmax(Tensor x, Tensor y, bool log)
    {
        var width = x.Shape.Last;
        for (var row = 0L; row < x.Shape.Rows; row++)
        {
            var lse = LogSumExp(x, row);
            for (var e = row * width; e < (row + 1) * width; e++)
                y.F64[e] = log ? x.F64[e] - lse : Math.Exp(x.F64[e] - lse);
        }
    }

    /// <inheritdoc/>
    public override void SoftmaxBackward(Tensor dy, Tensor y, bool log, GradientTarget dx)
    {
        var width = y.Shape.Last;
        for (var row = 0L; dx.Wanted && row < y.Shape.Rows; row++)
        {
            var sum = 0.0;
            for (var e = row * width; e < (row + 1) * width; e++)
                sum += log ? dy.F64[e] : dy.F64[e] * y.F64[e];
            for (var e = row * width; e < (row + 1) * width; e++)
                Put(dx, e, log ? dy.F64[e] - Math.Exp(y.F64[e]) * sum : y.F64[e] * (dy.F64[e] - sum));
        }
    }

    /// <summary>log Σ e^x over a row, computed with the maximum subtracted.</summary>
    static double LogSumExp(Tensor x, long row)
    {
        var width = x.Shape.Last;
        var (max, sum) = (double.NegativeInfinity, 0.0);
        for (var e = row * width; e < (row + 1) * width; e++)
            max = Math.Max(max, x.F64[e]);
        for (var e = row * width; e < (row + 1) * width; e++)
            sum += Math.Exp(x.F64[e] - max);
        return max + Math.Log(sum);
    }
}
