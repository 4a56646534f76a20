namespace Nonet.Scaling.Fits;

/// <summary>
/// A law in the form that is fitted: a prediction with its gradient. u and v are ln N and ln D (or the variables of the law) minus their
/// means over the runs. Scale and exponent are then nearly independent, and the steps of the minimiser have similar sizes.
/// </summary>
interface ILogLaw
{
    /// <summary>Number of parameters.</summary>
    static abstract int Count { get; }

    /// <summary>The prediction, and its derivatives with respect to the parameters.</summary>
    static abstract double At(ReadOnlySpan<double> p, double u, double v, Span<double> gradient);
}

/// <summary>ln L = LSE(a − α u, b − β v, e); parameters a, b, e, α, β. Hoffmann et al. 2022, appendix D.2.</summary>
readonly struct ChinchillaLogLaw : ILogLaw
{
    public static int Count => 5;

    public static double At(ReadOnlySpan<double> p, double u, double v, Span<double> gradient)
    {
        var (x, y, z) = (p[0] - p[3] * u, p[1] - p[4] * v, p[2]);
        var most = Math.Max(Math.Max(x, y), z);
        (x, y, z) = (Math.Exp(x - most), Math.Exp(y - most), Math.Exp(z - most));
        var sum = x + y + z;
        (gradient[0], gradient[1], gradient[2]) = (x / sum, y / sum, z / sum);
        (gradient[3], gradient[4]) = (-u * gradient[0], -v * gradient[1]);
        return most + Math.Log(sum);
    }
}

/// <summary>ln L = LSE(k − α u, e); parameters k, e, α.</summary>
readonly struct FlooredLogLaw : ILogLaw
{
    public static int Count => 3;

    public static double At(ReadOnlySpan<double> p, double u, double v, Span<double> gradient)
    {
        var (x, z) = (p[0] - p[2] * u, p[1]);
        var most = Math.Max(x, z);
        (x, z) = (Math.Exp(x - most), Math.Exp(z - most));
        var sum = x + z;
        (gradient[0], gradient[1]) = (x / sum, z / sum);
        gradient[2] = -u * gradient[0];
        return most + Math.Log(sum);
    }
}

/// <summary>ln L = k − α u; parameters k, α.</summary>
readonly struct StraightLogLaw : ILogLaw
{
    public static int Count => 2;

    public static double At(ReadOnlySpan<double> p, double u, double v, Span<double> gradient)
    {
        (gradient[0], gradient[1]) = (1, -u);
        return p[0] - p[1] * u;
    }
}

/// <summary>
/// ln L = αD · LSE((n − αN u) / αD, (d − αD v) / αD); parameters n, d, αN, ln αD. Kaplan et al. 2020, eq. 1.5, with n = αN ln Nc and d = αD ln Dc.
/// </summary>
readonly struct KaplanLogLaw : ILogLaw
{
    public static int Count => 4;

    public static double At(ReadOnlySpan<double> p, double u, double v, Span<double> gradient)
    {
        var alphaD = Math.Exp(p[3]);
        var (x, y) = (p[0] - p[2] * u, p[1] - alphaD * v);
        var most = Math.Max(x, y);
        var (ex, ey) = (Math.Exp((x - most) / alphaD), Math.Exp((y - most) / alphaD));
        var share = ex / (ex + ey);
        var lse = Math.Log(ex + ey);
        gradient[0] = share;
        gradient[1] = 1 - share;
        gradient[2] = -u * share;
        gradient[3] = alphaD * ((share - 1) * v + lse + (most - share * x - (1 - share) * y) / alphaD);
        return most + alphaD * lse;
    }
}

/// <summary>
/// floor + (ceiling − floor) / (1 + exp(slope · (u − midpoint))); parameters floor, ceiling, ln slope, midpoint. It predicts accuracies,
/// not logarithms.
/// </summary>
readonly struct SigmoidLaw : ILogLaw
{
    public static int Count => 4;

    public static double At(ReadOnlySpan<double> p, double u, double v, Span<double> gradient)
    {
        var slope = Math.Exp(p[2]);
        var s = 1 / (1 + Math.Exp(slope * (u - p[3])));
        var bend = (p[1] - p[0]) * s * (1 - s);
        (gradient[0], gradient[1]) = (1 - s, s);
        (gradient[2], gradient[3]) = (-bend * slope * (u - p[3]), bend * slope);
        return p[0] + (p[1] - p[0]) * s;
    }
}
