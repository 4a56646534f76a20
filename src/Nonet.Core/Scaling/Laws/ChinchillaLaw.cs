namespace Nonet.Scaling.Laws;

/// <summary>
/// L(N, D) = E + A / N^α + B / D^β: Hoffmann et al. 2022, eq. 2 and 10, with the closed form of the optimal N and D for C = 6ND (eq. 4).
/// </summary>
public sealed record ChinchillaLaw(double A, double B, double E, double Alpha, double Beta) : ILossSurface, IFrontier
{
    /// <summary>Exponent of C in the optimal N: β / (α + β).</summary>
    public double SizeExponent => Beta / (Alpha + Beta);

    /// <summary>Exponent of C in the optimal D: α / (α + β).</summary>
    public double TokenExponent => Alpha / (Alpha + Beta);

    /// <summary>G = (αA / βB)^(1 / (α + β)); N = G (C / 6)^a, D = (C / 6)^b / G.</summary>
    public double G => Math.Pow(Alpha * A / (Beta * B), 1 / (Alpha + Beta));

    /// <inheritdoc/>
    public double Floor => E;

    /// <inheritdoc/>
    public double Loss(double parameters, double tokens) => E + A * Math.Pow(parameters, -Alpha) + B * Math.Pow(tokens, -Beta);

    /// <inheritdoc/>
    public Allocation Optimum(double flops)
    {
        var n = G * Math.Pow(flops / 6, SizeExponent);
        var d = flops / 6 / n;
        return new Allocation(flops, n, d, Loss(n, d));
    }

    /// <summary>Optimal number of parameters for an amount of data: the size whose optimum trains on that many tokens.</summary>
    public double SizeFor(double tokens) => G * Math.Pow(tokens * G, Beta / Alpha);
}
