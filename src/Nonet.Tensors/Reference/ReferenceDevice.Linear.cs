using Nonet.Tensors.Autograd;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Linear(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual, Tensor y)
    {
        int m = x.Shape.Rows, k = x.Shape.Last, n = w.Shape[0];
        if (w.DType.IsQuantized() && !w.HasExactProducts)
        {
            LinearRounded(x, up, f, w, bias, residual, y);
            return;
        }
        using var plain = Plain(w);
        w = plain ?? w;
        for (var i = 0L; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = (bias?.Value(j) ?? 0) + (residual?.Value(i * n + j) ?? 0);
                for (var p = 0; p < k; p++)
                    sum += Activated(x, up, f, i * k + p) * w.Value((long)j * k + p);
                y.F64[i * n + j] = sum;
            }
        }
    }

    /// <summary>Rounds the activations as well, and sums the products of the rounded values.</summary>
    void LinearRounded(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual, Tensor y)
    {
        int m = x.Shape.Rows, k = x.Shape.Last, n = w.Shape[0];
        var row = new double[k];
        var rounding = QuantizedFormats.Of(w.DType).Rounding;
        Span<float> block = stackalloc float[rounding.Elements];
        Span<sbyte> q = stackalloc sbyte[rounding.Elements];
        using var plain = Plain(w)!;
        for (var i = 0L; i < m; i++)
        {
            for (var start = 0; start < k; start += rounding.Elements)
            {
                for (var p = 0; p < rounding.Elements; p++)
                    block[p] = (float)Activated(x, up, f, i * k + start + p);
                var d = rounding.Round(block, q);
                for (var p = 0; p < rounding.Elements; p++)
                    row[start + p] = (double)d * q[p];
            }
            for (var j = 0; j < n; j++)
            {
                var sum = (bias?.Value(j) ?? 0) + (residual?.Value(i * n + j) ?? 0);
                for (var p = 0; p < k; p++)
                    sum += row[p] * plain.Value((long)j * k + p);
                y.F64[i * n + j] = sum;
            }
        }
    }

    /// <inheritdoc/>
    public override void LinearBackward(Tensor dy, Tensor x, Tensor? up, Activation f, Tensor w, GradientTarget dx, GradientTarget dup, GradientTarget dw,
        GradientTarget dbias)
    {
        int m = x.Shape.Rows, k = x.Shape.Last, n = w.Shape[0];
        using var plain = Plain(w);
        w = plain ?? w;
        for (var e = 0L; (dx.Wanted || dup.Wanted) && e < (long)m * k; e++)
        {
            var da = 0.0;
            for (var j = 0; j < n; j++)
                da += dy.F64[e / k * n + j] * w.Value((long)j * k + e % k);
            if (dx.Wanted)
                Put(dx, e, da * (up?.Value(e) ?? 1) * Derivative(f, x.Value(e)));
            if (dup.Wanted)
                Put(dup, e, da * Value(f, x.Value(e)));
        }
        for (var e = 0L; dw.Wanted && e < (long)n * k; e++)
        {
            var sum = 0.0;
            for (var i = 0L; i < m; i++)
                sum += dy.F64[i * n + e / k] * Activated(x, up, f, i * k + e % k);
            Put(dw, e, sum);
        }
        for (var j = 0; dbias.Wanted && j < n; j++)
        {
            var sum = 0.0;
            for (var i = 0L; i < m; i++)
                sum += dy.F64[i * n + j];
            Put(dbias, j, sum);
        }
    }

    /// <inheritdoc/>
    public override void MatMul(Tensor a, Tensor b, bool transposeA, bool transposeB, GradientTarget c)
    {
        int m = c.Tensor.Shape[-2], n = c.Tensor.Shape[-1], k = transposeA ? a.Shape[-2] : a.Shape[-1];
        for (var e = 0L; e < c.Tensor.Elements; e++)
        {
            var (batch, i, j) = (e / n / m, e / n % m, e % n);
            var sum = 0.0;
            for (var p = 0; p < k; p++)
                sum += a.Value(batch * m * k + (transposeA ? p * m + i : i * k + p)) * b.Value(batch * k * n + (transposeB ? j * k + p : (long)p * n + j));
            Put(c, e, sum);
        }
    }

    static double Activated(Tensor x, Tensor? up, Activation f, long i) => Value(f, x.Value(i)) * (up?.Value(i) ?? 1);
}
