using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void LayerNorm(Tensor x, Tensor w, Tensor? b, float epsilon, Tensor y, Tensor? statistics)
    {
        int rows = x.Shape.Rows, width = x.Shape.Last;
        for (var i = 0L; i < rows; i++)
        {
            double mean = 0, variance = 0;
            for (var j = 0; j < width; j++)
                mean += x.Value(i * width + j) / width;
            for (var j = 0; j < width; j++)
                variance += Math.Pow(x.Value(i * width + j) - mean, 2) / width;
            var scale = 1 / Math.Sqrt(variance + epsilon);
            for (var j = 0; j < width; j++)
                y.F64[i * width + j] = w.Value(j) * (x.Value(i * width + j) - mean) * scale + (b?.Value(j) ?? 0);
            statistics?.SetValue(i, mean);
            statistics?.SetValue(rows + i, scale);
        }
    }

    /// <inheritdoc/>
    public override void LayerNormBackward(Tensor dy, Tensor x, Tensor w, Tensor statistics, GradientTarget dx, GradientTarget dw, GradientTarget db)
    {
        int rows = x.Shape.Rows, width = x.Shape.Last;
        double Normal(long i, int j) => (x.Value(i * width + j) - statistics.Value(i)) * statistics.Value(rows + i);
        double Slope(long i, int j) => w.Value(j) * dy.Value(i * width + j);
        for (var i = 0L; dx.Wanted && i < rows; i++)
        {
            double meanOfSlopes = 0, meanOfProducts = 0;
            for (var j = 0; j < width; j++)
            {
                meanOfSlopes += Slope(i, j) / width;
                meanOfProducts += Slope(i, j) * Normal(i, j) / width;
            }
            for (var j = 0; j < width; j++)
                Put(dx, i * width + j, statistics.Value(rows + i) * (Slope(i, j) - meanOfSlopes - Normal(i, j) * meanOfProducts));
        }
        for (var j = 0; j < width; j++)
        {
            double sum = 0, products = 0;
            for (var i = 0L; i < rows; i++)
            {
                sum += dy.Value(i * width + j);
                products += dy.Value(i * width + j) * Normal(i, j);
            }
            if (dw.Wanted)
                Put(dw, j, products);
            if (db.Wanted)
                Put(db, j, sum);
        }
    }

    /// <inheritdoc/>
    public override void RmsNorm(Tensor x, Tensor w, float epsilon, float offset, Tensor y, Tensor? statistics)
    {
        var width = x.Shape.Last;
        for (var i = 0L; i < x.Shape.Rows; i++)
        {
            var squares = 0.0;
            for (var j = 0; j < width; j++)
                squares += Math.Pow(x.Value(i * width + j), 2) / width;
            var scale = 1 / Math.Sqrt(squares + epsilon);
            for (var j = 0; j < width; j++)
                y.F64[i * width + j] = (w.Value(j) + offset) * x.Value(i * width + j) * scale;
            statistics?.SetValue(i, scale);
        }
    }

    /// <inheritdoc/>
    public override void RmsNormBackward(Tensor dy, Tensor x, Tensor w, float offset, Tensor statistics, GradientTarget dx, GradientTarget dw)
    {
        var width = x.Shape.Last;
        double Normal(long i, int j) => x.Value(i * width + j) * statistics.Value(i);
        double Slope(long i, int j) => (w.Value(j) + offset) * dy.Value(i * width + j);
        for (var i = 0L; dx.Wanted && i < x.Shape.Rows; i++)
        {
            var meanOfProducts = 0.0;
            for (var j = 0; j < width; j++)
                meanOfProducts += Slope(i, j) * Normal(i, j) / width;
            for (var j = 0; j < width; j++)
                Put(dx, i * width + j, statistics.Value(i) * (Slope(i, j) - Normal(i, j) * meanOfProducts));
        }
        for (var j = 0; dw.Wanted && j < width; j++)
        {
            var sum = 0.0;
            for (var i = 0L; i < x.Shape.Rows; i++)
                sum += dy.Value(i * width + j) * Normal(i, j);
            Put(dw, j, sum);
        }
    }
}
