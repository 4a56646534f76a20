using Nonet.Numerics;

namespace Nonet.Scaling.Laws;

/// <summary>
/// A law of fresh tokens made one of repeated ones: Muennighoff et al. 2023 (arXiv:2305.16264), section 3.1. With U unique tokens and R = D / U − 1 repeats, D counts as U + U R_D* (1 − exp(−R / R_D*)) fresh ones;
/// and parameters beyond U_N, the best number for U tokens, count for less in the same way with R_N*.
/// </summary>
/// <param name="law">The law of fresh tokens; it must say the best size for an amount of data.</param>
/// <param name="uniqueTokens">U.</param>
public sealed class RepeatedData(ILossSurface law, double uniqueTokens) : ILossSurface, IFrontier
{
    /// <summary>R_D*: so many repeats are worth 1 − 1/e of as many fresh tokens. Appendix A of the paper.</summary>
    public const double TokenRepeats = 15.387756;

    /// <summary>R_N* of excess parameters.</summary>
    public const double ParameterRepeats = 5.309743;

    /// <summary>The best size is looked for within this factor of that for fresh tokens.</summary>
    const double Reach = 1000;

    readonly Func<double, double> sizeFor = law switch
    {
        ChinchillaLaw chinchilla => chinchilla.SizeFor,
        KaplanLaw kaplan => kaplan.SizeFor,
        _ => throw new ArgumentException($"a {law.GetType().Name} does not say the best size for an amount of data"),
    };

    public double Floor => law.Floor;

    /// <summary>Fresh tokens that D tokens are worth.</summary>
    public double EffectiveTokens(double tokens) => Decay(Math.Min(tokens, uniqueTokens), Math.Max(tokens / uniqueTokens - 1, 0), TokenRepeats);

    /// <summary>Parameters that N are worth with D tokens: those beyond the best number for the unique ones among D count for less.</summary>
    public double EffectiveParameters(double parameters, double tokens)
    {
        var best = sizeFor(Math.Min(tokens, uniqueTokens));
        return Decay(Math.Min(parameters, best), Math.Max(parameters / best - 1, 0), ParameterRepeats);
    }

    public double Loss(double parameters, double tokens) => law.Loss(EffectiveParameters(parameters, tokens), EffectiveTokens(tokens));

    /// <summary>The lowest loss with 6ND = C.</summary>
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
