namespace Nonet.Numerics;

/// <summary>Search along a line.</summary>
static class Search
{
    /// <summary>Place of the minimum of a function with a single minimum between two places, by golden section search.</summary>
    public static double Minimum(Func<double, double> f, double from, double to, double tolerance = 1e-10)
    {
        var golden = (Math.Sqrt(5) - 1) / 2;
        var (a, b) = (to - golden * (to - from), from + golden * (to - from));
        var (fa, fb) = (f(a), f(b));
        while (to - from > tolerance * Math.Max(1, Math.Abs(from) + Math.Abs(to)))
        {
            if (fa <= fb)
            {
                (to, b, fb) = (b, a, fa);
                a = to - golden * (to - from);
                fa = f(a);
            }
            else
            {
                (from, a, fa) = (a, b, fb);
                b = from + golden * (to - from);
                fb = f(b);
            }
        }
        return (from + to) / 2;
    }

    /// <summary>
    /// Zero of a decreasing function between two places, by bisection. If there is no zero, the end where the function is closer to zero.
    /// </summary>
    public static double Root(Func<double, double> f, double from, double to)
    {
        for (var i = 0; i < 200 && to - from > 1e-13 * Math.Max(1, Math.Abs(from)); i++)
        {
            var middle = (from + to) / 2;
            (from, to) = f(middle) > 0 ? (middle, to) : (from, middle);
        }
        return (from + to) / 2;
    }

    /// <summary>Value below which a share of the values lies, interpolated between neighbours.</summary>
    /// <param name="sorted">Values in increasing order.</param>
    /// <param name="share">From 0 to 1.</param>
    public static double Quantile(double[] sorted, double share)
    {
        if (sorted.Length == 0)
            return double.NaN;
        var place = share * (sorted.Length - 1);
        var i = Math.Min((int)place, sorted.Length - 1);
        return i + 1 < sorted.Length ? sorted[i] + (place - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
    }
}
