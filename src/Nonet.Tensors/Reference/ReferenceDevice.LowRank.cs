using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void LowRank(Tensor x, Tensor? up, Activation f, LowRankChange change, Tensor thin, Tensor y)
    {
        int rows = x.Shape.Rows, inputs = x.Shape.Last, rank = change.A.Shape[0], outputs = change.B.Shape[0];
        for (var i = 0L; i < rows; i++)
        {
            for (var r = 0; r < rank; r++)
            {
                var sum = 0.0;
                for (var p = 0; p < inputs; p++)
                    sum += Activated(x, up, f, i * inputs + p) * Factor(change, i * inputs + p) * change.A.Value((long)r * inputs + p);
                thin.F64[i * rank + r] = change.Scale * sum;
            }
            for (var j = 0; j < outputs; j++)
            {
                for (var r = 0; r < rank; r++)
                    y.F64[i * outputs + j] += thin.F64[i * rank + r] * change.B.Value((long)j * rank + r);
            }
        }
    }

    /// <inheritdoc/>
    public override void LowRankBackward(Tensor dy, Tensor x, Tensor? up, Activation f, LowRankChange change, Tensor thin, GradientTarget dinput,
        GradientTarget da, GradientTarget db)
    {
        int rows = x.Shape.Rows, inputs = x.Shape.Last, rank = change.A.Shape[0], outputs = change.B.Shape[0];
        var dThin = new double[(long)rows * rank];
        for (var i = 0L; i < rows; i++)
        {
            for (var r = 0; r < rank; r++)
            {
                for (var j = 0; j < outputs; j++)
                    dThin[i * rank + r] += change.Scale * dy.F64[i * outputs + j] * change.B.Value((long)j * rank + r);
            }
        }
        for (var e = 0L; dinput.Wanted && e < x.Elements; e++)
        {
            var sum = 0.0;
            for (var r = 0; r < rank; r++)
                sum += dThin[e / inputs * rank + r] * change.A.Value((long)r * inputs + e % inputs);
            Put(dinput, e, sum * Factor(change, e));
        }
        for (var e = 0L; da.Wanted && e < change.A.Elements; e++)
        {
            var sum = 0.0;
            for (var i = 0L; i < rows; i++)
                sum += dThin[i * rank + e / inputs] * Activated(x, up, f, i * inputs + e % inputs) * Factor(change, i * inputs + e % inputs);
            Put(da, e, sum);
        }
        for (var e = 0L; db.Wanted && e < change.B.Elements; e++)
        {
            var sum = 0.0;
            for (var i = 0L; i < rows; i++)
                sum += dy.F64[i * outputs + e / rank] * thin.F64[i * rank + e % rank];
            Put(db, e, sum);
        }
    }

    /// <summary>Factor by which dropout multiplies an element: 0, or 1 / (1 − p).</summary>
    static double Factor(LowRankChange change, long element) =>
        change.Dropout == 0 ? 1 : Philox.UnitFloat(change.Key, (ulong)element) >= change.Dropout ? 1 / (1.0 - change.Dropout) : 0;
}
