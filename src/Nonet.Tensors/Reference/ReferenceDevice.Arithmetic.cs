using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Add(Tensor a, Tensor b, Tensor y)
    {
        for (var i = 0L; i < a.Elements; i++)
            y.F64[i] = a.Value(i) + b.Value(i % b.Elements);
    }

    /// <inheritdoc/>
    public override void SumRows(Tensor x, GradientTarget sums)
    {
        var width = x.Shape.Last;
        for (var j = 0; sums.Wanted && j < width; j++)
        {
            var sum = 0.0;
            for (var i = 0L; i < x.Shape.Rows; i++)
                sum += x.Value(i * width + j);
            Put(sums, j, sum);
        }
    }

    /// <inheritdoc/>
    public override void Mul(Tensor a, Tensor b, Tensor y)
    {
        for (var i = 0L; i < a.Elements; i++)
            y.F64[i] = a.Value(i) * b.Value(i % b.Elements);
    }

    /// <inheritdoc/>
    public override void MulBackward(Tensor dy, Tensor a, Tensor b, GradientTarget da, GradientTarget db)
    {
        for (var i = 0L; da.Wanted && i < a.Elements; i++)
            Put(da, i, dy.Value(i) * b.Value(i % b.Elements));
        for (var j = 0L; db.Wanted && j < b.Elements; j++)
        {
            var sum = 0.0;
            for (var i = j; i < a.Elements; i += b.Elements)
                sum += dy.Value(i) * a.Value(i);
            Put(db, j, sum);
        }
    }

    /// <inheritdoc/>
    public override void Scale(Tensor x, float factor, GradientTarget y)
    {
        for (var i = 0L; y.Wanted && i < x.Elements; i++)
            Put(y, i, x.Value(i) * factor);
    }

    /// <inheritdoc/>
    public override void Dropout(Tensor x, Tensor? residual, float p, RandomKey key, GradientTarget y)
    {
        for (var i = 0L; y.Wanted && i < x.Elements; i++)
            Put(y, i, (Philox.UnitFloat(key, (ulong)i) >= p ? x.Value(i) / (1.0 - p) : 0) + (residual?.Value(i) ?? 0));
    }
}
