namespace Nonet.Scaling.Laws;

/// <summary>L(N, D) = E + A / N^α + B / D^β: Hoffmann et al. 2022, eq. 2 and 10, with its closed form of the best N and D for C = 6ND (eq. 4).</summary>
public sealed record ChinchillaLaw(double A, double B, double E, double Alpha, double Beta) : ILossSurface, IFrontier
{
    /// <summary>The exponent of N in C: β / (α + β).</summary>
    public double SizeExponent => Beta / (Alpha + Beta);

    /// <summary>The exponent of D in C: α / (α + β).</summary>
    public double TokenExponent => Alpha / (Alpha + Beta);

    /// <summary>G = (αA / βB)^(1 / (α + β)); N = G (C / 6)^a, D = (C / 6)^b / G.</summary>
    public double G => Math.Pow(Alpha * A / (Beta * B), 1 / (Alpha + Beta));

    public double Floor => E;

    public double Loss(double parameters, double tokens) => E + A * Math.Pow(parameters, -Alpha) + B * Math.Pow(tokens, -Beta);

    public Allocation Optimum(double flops)
    {
        var n = G * Math.Pow(flops / 6, SizeExponent);
        var d = flops / 6 / n;
        return new Allocation(flops, n, d, Loss(n, d));
    }

    /// <summary>The best number of parameters for an amount of data: the size whose optimum trains on so many tokens.</summary>
    public double SizeFor(double tokens) => G * Math.Pow(tokens * G, Beta / Alpha);
}
