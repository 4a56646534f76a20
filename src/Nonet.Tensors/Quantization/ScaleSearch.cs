namespace Nonet.Tensors.Quantization;

/// <summary>
/// Searches the scale of a part of a block. It tries candidates around the scale that spans the values. Each gives integers, and these give a
/// least-squares scale; the smallest weighted error wins. The candidates and weights are those of llama.cpp's quantisation without an importance
/// matrix, in single precision, so that the blocks are identical.
/// </summary>
static unsafe class ScaleSearch
{
    /// <summary>A part whose values are all smaller than this is zero.</summary>
    public const float Least = 1e-15f;

    public const int MostElements = 32;

    /// <summary>The value with the largest magnitude; the first if there are several.</summary>
    public static float Extreme(float* x, int n)
    {
        var extreme = 0f;
        for (var i = 0; i < n; i++)
        {
            if (Math.Abs(x[i]) > Math.Abs(extreme))
                extreme = x[i];
        }
        return extreme;
    }

    /// <summary>x rounded to the nearest integer in [low, high], ties to even.</summary>
    public static int Whole(float x, int low, int high) => Math.Clamp((int)MathF.Round(x), low, high);

    /// <summary>d of x ≈ d l with l from -most to most - 1: the best of 19 candidates, with errors weighted by x².</summary>
    public static float Symmetric(float* x, int n, int most)
    {
        var extreme = Extreme(x, n);
        if (Math.Abs(extreme) < Least)
            return 0;
        var (scale, best) = (0f, 0f);
        for (var i = -10; i < 10; i++)
        {
            if (i == 0)
                continue;
            var candidate = i == -10 ? 0 : i; // the candidate that spans the values comes first
            var (xl, ll) = Moments(x, n, -(most + 0.1f * candidate) / extreme, most);
            if (i == -10 ? ll == 0 : ll <= 0 || xl * xl <= best * ll)
                continue;
            scale = xl / ll;
            best = scale * xl;
        }
        return scale;
    }

    /// <summary>Σ x² x l and Σ x² l².</summary>
    static (float XL, float LL) Moments(float* x, int n, float inverse, int most)
    {
        var (xl, ll) = (0f, 0f);
        for (var i = 0; i < n; i++)
        {
            var l = Whole(inverse * x[i], -most, most - 1);
            var w = x[i] * x[i];
            xl += w * x[i] * l;
            ll += w * l * l;
        }
        return (xl, ll);
    }

    /// <summary>
    /// d of x ≈ d l with l from -most to most - 1. The integers are changed one after the other, as long as that lowers the error weighted by x².
    /// </summary>
    public static float SymmetricByTurns(float* x, int n, int most)
    {
        var extreme = Extreme(x, n);
        if (Math.Abs(extreme) < Least)
            return 0;
        var l = stackalloc int[MostElements];
        var (inverse, xl, ll) = (-most / extreme, 0f, 0f);
        for (var i = 0; i < n; i++)
        {
            l[i] = Whole(inverse * x[i], -most, most - 1);
            var w = x[i] * x[i];
            xl += w * x[i] * l[i];
            ll += w * l[i] * l[i];
        }
        for (var (round, moved) = (0, true); round < 5 && moved; round++)
        {
            moved = false;
            for (var i = 0; i < n; i++)
            {
                var w = x[i] * x[i];
                var xlOthers = xl - w * x[i] * l[i];
                if (xlOthers <= 0)
                    continue;
                var llOthers = ll - w * l[i] * l[i];
                var better = Whole(x[i] * llOthers / xlOthers, -most, most - 1);
                if (better == l[i])
                    continue;
                xlOthers += w * x[i] * better;
                llOthers += w * better * better;
                if (llOthers <= 0 || xlOthers * xlOthers * ll <= xl * xl * llOthers)
                    continue;
                (l[i], xl, ll, moved) = (better, xlOthers, llOthers, true);
            }
        }
        return ll > 0 ? xl / ll : 0;
    }

    /// <summary>Candidates of <see cref="WithMinimum"/>: scales for most + First + 0.1 i steps, with i from 0 to Last.</summary>
    public readonly record struct Candidates(float First, int Last);

    /// <summary>d and m of x ≈ d l - m, with l from 0 to most and m at least 0.</summary>
    /// <param name="x">The values.</param>
    /// <param name="weights">Weights of the errors.</param>
    /// <param name="n">Number of values.</param>
    /// <param name="most">The largest integer.</param>
    /// <param name="candidates">Candidates that are tried after the scale that spans the values.</param>
    /// <param name="absolute">Whether the sum is of absolute errors instead of squared errors.</param>
    public static (float Scale, float Minimum) WithMinimum(float* x, float* weights, int n, int most, Candidates candidates, bool absolute)
    {
        var (least, largest, sumW, sumX) = (x[0], x[0], weights[0], weights[0] * x[0]);
        for (var i = 1; i < n; i++)
        {
            if (x[i] < least)
                least = x[i];
            if (x[i] > largest)
                largest = x[i];
            sumW += weights[i];
            sumX += weights[i] * x[i];
        }
        if (least > 0)
            least = 0;
        if (largest == least)
            return (0, -least);
        var l = stackalloc int[MostElements];
        var inverse = most / (largest - least);
        var (scale, minimum) = (1 / inverse, least);
        for (var i = 0; i < n; i++)
            l[i] = Whole(inverse * (x[i] - least), 0, most);
        var best = Error(x, weights, l, n, scale, minimum, absolute);
        for (var candidate = 0; candidate <= candidates.Last; candidate++)
        {
            inverse = (candidates.First + 0.1f * candidate + most) / (largest - minimum); // from the best minimum so far
            var (sumL, sumLL, sumXL) = (0f, 0f, 0f);
            for (var i = 0; i < n; i++)
            {
                l[i] = Whole(inverse * (x[i] - minimum), 0, most);
                sumL += weights[i] * l[i];
                sumLL += weights[i] * l[i] * l[i];
                sumXL += weights[i] * l[i] * x[i];
            }
            var determinant = sumW * sumLL - sumL * sumL;
            if (determinant <= 0)
                continue;
            var itsScale = (sumW * sumXL - sumX * sumL) / determinant;
            var itsMinimum = (sumLL * sumX - sumL * sumXL) / determinant;
            if (itsMinimum > 0)
                (itsScale, itsMinimum) = (sumXL / sumLL, 0);
            var error = Error(x, weights, l, n, itsScale, itsMinimum, absolute);
            if (error < best)
                (best, scale, minimum) = (error, itsScale, itsMinimum);
        }
        return (scale, -minimum);
    }

    static float Error(float* x, float* weights, int* l, int n, float scale, float minimum, bool absolute)
    {
        var error = 0f;
        for (var i = 0; i < n; i++)
        {
            var difference = scale * l[i] + minimum - x[i];
            error += weights[i] * (absolute ? Math.Abs(difference) : difference * difference);
        }
        return error;
    }
}
