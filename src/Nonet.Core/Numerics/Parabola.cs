namespace Nonet.Numerics;

/// <summary>y = Height + Curvature · (x − Vertex)² by least squares.</summary>
readonly record struct Parabola(double Vertex, double Height, double Curvature)
{
    /// <summary>Fits a parabola to weighted points. Curvature is NaN if there are fewer than three different x.</summary>
    public static Parabola Fit(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> weights = default)
    {
        double total = 0, centre = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var w = weights.IsEmpty ? 1 : weights[i];
            (total, centre) = (total + w, centre + w * x[i]);
        }
        centre /= total;
        double s1 = 0, s2 = 0, s3 = 0, s4 = 0, t0 = 0, t1 = 0, t2 = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var (w, d) = (weights.IsEmpty ? 1 : weights[i], x[i] - centre);
            (s1, s2, s3, s4) = (s1 + w * d, s2 + w * d * d, s3 + w * d * d * d, s4 + w * d * d * d * d);
            (t0, t1, t2) = (t0 + w * y[i], t1 + w * d * y[i], t2 + w * d * d * y[i]);
        }
        // Normal equations of y = p + q d + r d², by Cramer's rule; d is centred, so they are well conditioned.
        var determinant = total * (s2 * s4 - s3 * s3) - s1 * (s1 * s4 - s2 * s3) + s2 * (s1 * s3 - s2 * s2);
        if (!(Math.Abs(determinant) > 1e-12 * total * s2 * s4))
            return new Parabola(double.NaN, double.NaN, double.NaN);
        var p = (t0 * (s2 * s4 - s3 * s3) - s1 * (t1 * s4 - t2 * s3) + s2 * (t1 * s3 - t2 * s2)) / determinant;
        var q = (total * (t1 * s4 - t2 * s3) - t0 * (s1 * s4 - s2 * s3) + s2 * (s1 * t2 - s2 * t1)) / determinant;
        var r = (total * (s2 * t2 - s3 * t1) - s1 * (s1 * t2 - s2 * t1) + t0 * (s1 * s3 - s2 * s2)) / determinant;
        return new Parabola(centre - q / (2 * r), p - q * q / (4 * r), r);
    }

    public double At(double x) => Height + Curvature * (x - Vertex) * (x - Vertex);
}
