namespace Nonet.Numerics;

/// <summary>y = Intercept + Slope · x by weighted least squares.</summary>
/// <param name="Slope">Slope.</param>
/// <param name="Intercept">y at x = 0.</param>
/// <param name="RSquared">Share of the weighted variance of y that the line explains; 1 if y is constant.</param>
readonly record struct StraightLine(double Slope, double Intercept, double RSquared)
{
    /// <summary>Fits a line. The slope is NaN if x is constant.</summary>
    public static StraightLine Fit(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> weights = default)
    {
        double total = 0, meanX = 0, meanY = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var w = weights.IsEmpty ? 1 : weights[i];
            (total, meanX, meanY) = (total + w, meanX + w * x[i], meanY + w * y[i]);
        }
        (meanX, meanY) = (meanX / total, meanY / total);
        double xx = 0, xy = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var w = weights.IsEmpty ? 1 : weights[i];
            var (dx, dy) = (x[i] - meanX, y[i] - meanY);
            (xx, xy, yy) = (xx + w * dx * dx, xy + w * dx * dy, yy + w * dy * dy);
        }
        var slope = xx > 0 ? xy / xx : double.NaN;
        return new StraightLine(slope, meanY - slope * meanX, yy > 0 ? slope * xy / yy : 1);
    }

    public double At(double x) => Intercept + Slope * x;
}
