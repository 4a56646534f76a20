using Nonet.Numerics;

namespace Nonet.Scaling.Laws;

/// <summary>
/// Extends a law of fresh tokens to repeated ones: Muennighoff et al. 2023 (arXiv:2305.16264), section 3.1. With U unique tokens and R = D
/// / U − 1 repeats, D counts as U + U R_D* (1 − exp(−R / R_D*)) fresh tokens. Parameters beyond U_N, the optimal number for U tokens, are
/// discounted in the same way with R_N*.
/// </summary>
/// <param name="law">Law of fresh tokens. It must give the optimal size for an amount of data.</param>
/// <param name="uniqueTokens">U.</param>
public sealed class RepeatedData(ILossSurface law, double uniqueTokens) : ILossSurface, IFrontier
{
    /// <summary>R_D*: this many repeats are worth 1 − 1/e of as many fresh tokens. Appendix A of the paper.</summary>
    public const double TokenRepeats = 15.387756;

    /// <summary>R_N*, for excess parameters.</summary>
    public const double ParameterRepeats = 5.309743;

    /// <summary>The optimal size is searched within this factor of the optimum for fresh tokens.</summary>
    const double Reach = 1000;

    readonly Func<double, double> sizeFor = law switch
    {
        ChinchillaLaw chinchilla => chinchilla.SizeFor,
        KaplanLaw kaplan => kaplan.SizeFor,
        _ => throw new ArgumentException($"a {law.GetType().Name} does not give the optimal size for an amount of data"),
    };

    /// <inheritdoc/>
    public double Floor => law.Floor;

    /// <summary>Number of fresh tokens that D tokens are worth.</summary>
    public double EffectiveTokens(double tokens) => Decay(Math.Min(tokens, uniqueTokens), Math.Max(tokens / uniqueTokens - 1, 0), TokenRepeats);

    /// <summary>Number of parameters that N are worth with D tokens: those beyond the optimum for the unique tokens are discounted.</summary>
    public double EffectiveParameters(double parameters, double tokens)
    {
        var best = sizeFor(Math.Min(tokens, uniqueTokens));
        return Decay(Math.Min(parameters, best), Math.Max(parameters / best - 1, 0), ParameterRepeats);
    }

    /// <inheritdoc/>
    public double Loss(double parameters, double tokens) => law.Loss(EffectiveParameters(parameters, tokens), EffectiveTokens(tokens));

    /// <summary>Allocation with the lowest loss for 6ND = C.</summary>
    public Allocation Optimum(double flops)
    {
        var fresh = ((IFrontier)law).Optimum(flops);
        if (fresh.Tokens <= uniqueTokens)
            return fresh;
        var middle = Math.Log(fresh.Parameters);
        var n = Math.Exp(Search.Minimum(ln => Loss(Math.Exp(ln), flops / 6 / Math.Exp(ln)), middle - Math.Log(Reach), middle + Math.Log(Reach)));
        return new Allocation(flops, n, flops / 6 / n, Loss(n, flops / 6 / n));
    }

    static double Decay(double unique, double repeats, double constant) => unique + unique * constant * (1 - Math.Exp(-repeats / constant));
}
