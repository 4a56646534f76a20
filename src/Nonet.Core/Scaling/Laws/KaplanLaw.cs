namespace Nonet.Scaling.Laws;

/// <summary>L(N, D) = [(Nc / N)^(αN / αD) + Dc / D]^αD: Kaplan et al. 2020, eq. 1.5. Without a floor.</summary>
public sealed record KaplanLaw(double Nc, double Dc, double AlphaN, double AlphaD) : ILossSurface, IFrontier
{
    /// <summary>The law without its outer power, which does not change the order of losses: a Chinchilla law with β = 1.</summary>
    ChinchillaLaw Inner => new(Math.Pow(Nc, AlphaN / AlphaD), Dc, 0, AlphaN / AlphaD, 1);

    /// <inheritdoc/>
    public double Floor => 0;

    /// <summary>Exponent of C in the optimal N: 1 / (1 + αN / αD).</summary>
    public double SizeExponent => Inner.SizeExponent;

    /// <inheritdoc/>
    public double Loss(double parameters, double tokens) => Math.Pow(Inner.Loss(parameters, tokens), AlphaD);

    /// <summary>
    /// Allocation with the lowest loss for 6ND = C. This law assumes training to the end of the data; the optimum in section 6 of Kaplan et
    /// al. depends on steps instead.
    /// </summary>
    public Allocation Optimum(double flops)
    {
        var best = Inner.Optimum(flops);
        return best with { Loss = Math.Pow(best.Loss, AlphaD) };
    }

    /// <summary>Optimal number of parameters for an amount of data.</summary>
    public double SizeFor(double tokens) => Inner.SizeFor(tokens);
}
