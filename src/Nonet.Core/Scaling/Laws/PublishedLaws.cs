using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Laws;

/// <summary>A law from the literature.</summary>
/// <param name="Name">Name by which it is selected.</param>
/// <param name="Source">Paper and place.</param>
/// <param name="Counting">Whether its N includes embeddings.</param>
/// <param name="Frontier">Its optimal allocations.</param>
public sealed record PublishedLaw(string Name, string Source, ParameterCounting Counting, IFrontier Frontier)
{
    /// <summary>Loss for any size and amount of data; null for a law of the frontier only.</summary>
    public ILossSurface? Surface => Frontier as ILossSurface;
}

/// <summary>Published laws that can replace a fit. Their losses are in nats per token of their own tokenizers and texts.</summary>
public static class PublishedLaws
{
    /// <summary>FLOPs of a petaflop/s-day.</summary>
    public const double PetaflopDay = 8.64e19;

    /// <summary>
    /// Kaplan et al. 2020, table 6 and eq. 1.3: N = 1.3e9 · C^0.73 and L = (3.1e8 / C)^0.050 with C in PF-days at a batch far below the critical one, D from C
    /// = 6ND.
    /// </summary>
    public static PublishedLaw Kaplan { get; } =
        new("kaplan", "Kaplan et al. 2020, eq. 1.3 and table 6", ParameterCounting.NonEmbedding, OfPetaflopDays(1.3e9, 0.73, new PowerLaw(3.1e8, 0.050)));

    /// <summary>Hoffmann et al. 2022 with the full precision of the paper's source file (Besiroglu et al. 2024).</summary>
    public static PublishedLaw Hoffmann { get; } =
        new("hoffmann", "Hoffmann et al. 2022, approach 3, unrounded", ParameterCounting.All,
        new ChinchillaLaw(Math.Exp(6.00734), Math.Exp(6.01792), Math.Exp(0.52673), 0.33917, 0.28491));

    /// <summary>Hoffmann et al. 2022, eq. 10, as printed. Its Huber loss is four times the best fit's.</summary>
    public static PublishedLaw HoffmannRounded { get; } =
        new("hoffmann-rounded", "Hoffmann et al. 2022, eq. 10", ParameterCounting.All, new ChinchillaLaw(406.4, 410.7, 1.69, 0.34, 0.28));

    /// <summary>Besiroglu et al. 2024: refitted to data read from figure 4 of Hoffmann et al.</summary>
    public static PublishedLaw Besiroglu { get; } =
        new("besiroglu", "Besiroglu et al. 2024 (arXiv:2404.10102)", ParameterCounting.All, new ChinchillaLaw(482.01, 2085.43, 1.817, 0.3478, 0.3658));

    /// <summary>Muennighoff et al. 2023, appendix A: C4, α = β.</summary>
    public static PublishedLaw Muennighoff { get; } =
        new("muennighoff", "Muennighoff et al. 2023 (arXiv:2305.16264), appendix A", ParameterCounting.All,
        new ChinchillaLaw(Math.Exp(6.255414), Math.Exp(7.3049974), Math.Exp(0.6254804), 0.3526596, 0.3526596));

    /// <summary>All published laws, in order of publication.</summary>
    public static IReadOnlyList<PublishedLaw> All { get; } = [Kaplan, Hoffmann, HoffmannRounded, Besiroglu, Muennighoff];

    static FrontierLaw OfPetaflopDays(double scale, double exponent, PowerLaw loss)
    {
        var size = scale * Math.Pow(PetaflopDay, -exponent);
        return new FrontierLaw(size, exponent, 1 / (6 * size), 1 - exponent, loss with { Scale = loss.Scale * PetaflopDay });
    }
}
