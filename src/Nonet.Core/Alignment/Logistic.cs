namespace Nonet.Alignment;

/// <summary>The logistic function, without overflow.</summary>
static class Logistic
{
    /// <summary>σ(x) = 1 / (1 + exp(−x)).</summary>
    public static double Sigmoid(double x)
    {
        var e = Math.Exp(-Math.Abs(x));
        return (x >= 0 ? 1 : e) / (1 + e);
    }

    /// <summary>−ln σ(x) = ln(1 + exp(−x)).</summary>
    public static double NegativeLog(double x) => Math.Max(-x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
