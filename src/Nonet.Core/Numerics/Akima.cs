namespace Nonet.Numerics;

/// <summary>
/// A smooth curve through points that overshoots less than a cubic spline: Akima 1970, "A new method of interpolation and smooth curve
/// fitting based on local procedures".
/// </summary>
sealed class Akima
{
    readonly double[] x, y, tangents;

    /// <param name="x">At least two increasing values.</param>
    /// <param name="y">One value for each x.</param>
    public Akima(double[] x, double[] y)
    {
        (this.x, this.y) = (x, y);
        var n = x.Length;
        var slopes = new double[n + 3]; // interval i has index i + 2; two intervals are extrapolated at each end
        for (var i = 0; i < n - 1; i++)
            slopes[i + 2] = (y[i + 1] - y[i]) / (x[i + 1] - x[i]);
        if (n == 2)
            Array.Fill(slopes, slopes[2]);
        else
        {
            slopes[1] = 2 * slopes[2] - slopes[3];
            slopes[0] = 2 * slopes[1] - slopes[2];
            slopes[n + 1] = 2 * slopes[n] - slopes[n - 1];
            slopes[n + 2] = 2 * slopes[n + 1] - slopes[n];
        }
        tangents = new double[n];
        for (var i = 0; i < n; i++)
        {
            var (right, left) = (Math.Abs(slopes[i + 3] - slopes[i + 2]), Math.Abs(slopes[i + 1] - slopes[i]));
            tangents[i] = right + left > 1e-9 * (Math.Abs(slopes[i + 1]) + Math.Abs(slopes[i + 2]))
                ? (right * slopes[i + 1] + left * slopes[i + 2]) / (right + left)
                : (slopes[i + 1] + slopes[i + 2]) / 2;
        }
    }

    /// <summary>Value of the curve at a place between the first and the last x.</summary>
    public double At(double place)
    {
        var i = Array.BinarySearch(x, place);
        i = Math.Clamp(i >= 0 ? i : ~i - 1, 0, x.Length - 2);
        var (width, t) = (x[i + 1] - x[i], place - x[i]);
        var slope = (y[i + 1] - y[i]) / width;
        return y[i] + t * (tangents[i] + t / width * (3 * slope - 2 * tangents[i] - tangents[i + 1] + t / width * (tangents[i] + tangents[i + 1] - 2 * slope)));
    }
}
