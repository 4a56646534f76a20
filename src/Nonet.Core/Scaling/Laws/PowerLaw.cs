namespace Nonet.Scaling.Laws;

/// <summary>L(x) = Floor + (Scale / x)^Exponent of one quantity. Kaplan et al. 2020, eq. 1.1 to 1.3, with a floor of 0.</summary>
public sealed record PowerLaw(double Scale, double Exponent, double Floor = 0)
{
    /// <summary>Loss at x.</summary>
    public double At(double x) => Floor + Math.Pow(Scale / x, Exponent);

    /// <summary>The x at which the law reaches a value; NaN if it never does.</summary>
    public double Inverse(double value) => Scale * Math.Pow(value - Floor, -1 / Exponent);
}
