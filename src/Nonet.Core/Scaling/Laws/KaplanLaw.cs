namespace Nonet.Scaling.Laws;

/// <summary>L(N, D) = [(Nc / N)^(αN / αD) + Dc / D]^αD: Kaplan et al. 2020, eq. 1.5. Without a floor.</summary>
public sealed record KaplanLaw(double Nc, double Dc, double AlphaN, double AlphaD) : ILossSurface, IFrontier
{
    /// <summary>The law without its outer power, which changes no order: a Chinchilla law with β = 1.</summary>
    ChinchillaLaw Inner => new(Math.Pow(Nc, AlphaN / AlphaD), Dc, 0, AlphaN / AlphaD, 1);

    public double Floor => 0;

    /// <summary>The exponent of the best N in C: 1 / (1 + αN / αD).</summary>
    public double SizeExponent => Inner.SizeExponent;

    public double Loss(double parameters, double tokens) => Math.Pow(Inner.Loss(parameters, tokens), AlphaD);

    /// <summary>The lowest loss with 6ND = C. The law is of training to the end of the data; Kaplan et al.'s own optimum (their section 6) goes by steps instead.</summary>
    public Allocation Optimum(double flops)
    {
        var best = Inner.Optimum(flops);
        return best with { Loss = Math.Pow(best.Loss, AlphaD) };
    }

    /// <summary>The best number of parameters for an amount of data.</summary>
    public double SizeFor(double tokens) => Inner.SizeFor(tokens);
}
