using System.Globalization;
using Nonet.Files;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Plans;

/// <summary>Law of a plan: a fit or a published law.</summary>
/// <param name="Name">Name in reports.</param>
/// <param name="Counting">Whether N includes embeddings.</param>
/// <param name="Frontier">Optimal allocations.</param>
/// <param name="Replicates">
/// Optimal allocations of each bootstrap replicate; empty for published laws, whose papers give no joint distribution.
/// </param>
/// <param name="MostFlops">FLOPs of the largest fitted run; null if unknown.</param>
public sealed record PlanLaw(string Name, ParameterCounting Counting, IFrontier Frontier, IReadOnlyList<IFrontier> Replicates, double? MostFlops)
{
    /// <summary>Loss for any N and D; null for a law of the frontier only.</summary>
    public ILossSurface? Surface => Frontier as ILossSurface;

    /// <summary>A published law.</summary>
    public static PlanLaw Of(PublishedLaw law) => new(law.Source, law.Counting, law.Frontier, [], null);

    /// <summary>A fit. Replicates that are not valid laws are left out.</summary>
    public static PlanLaw Of(LawFit fit, string name)
    {
        double[] values = [.. fit.Numbers.Select(n => n.Value)];
        return new PlanLaw($"{name}: {fit.Law}", fit.Counting, Make(fit.Law, values),
            [.. fit.Replicates.Where(r => IsLaw(fit.Law, r)).Select(r => Make(fit.Law, r))], fit.MostFlops);
    }

    /// <summary>Reads a fit from a file.</summary>
    public static PlanLaw Read(string path)
    {
        var fit = FitJson.Read(path);
        return IsLaw(fit) ? Of(fit, Path.GetFileName(path))
            : throw new MalformedFileException(path,
                $"a law {fit.Law} with {string.Join(", ", fit.Numbers.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Name} {n.Value:g6}")))}",
                "positive scales and exponents: this fit gives no optimal size");
    }

    static IFrontier Make(string law, double[] p) => law switch
    {
        ScalingLaw.Chinchilla => new ChinchillaLaw(p[0], p[1], p[2], p[3], p[4]),
        ScalingLaw.Kaplan => new KaplanLaw(p[0], p[1], p[2], p[3]),
        ScalingLaw.IsoFlop or ScalingLaw.Envelope => Fits.FrontierLines.Law(p),
        _ => throw new ArgumentException(
            $"a fit of {law} gives no optimal size; expected {ScalingLaw.Chinchilla}, {ScalingLaw.Kaplan}, {ScalingLaw.IsoFlop} or {ScalingLaw.Envelope}"),
    };

    /// <summary>
    /// Whether a fit's numbers are a valid law: everything is positive and finite, except the floor, which may be 0. Always true for laws
    /// that give no optimal size.
    /// </summary>
    public static bool IsLaw(LawFit fit) => IsLaw(fit.Law, [.. fit.Numbers.Select(n => n.Value)]);

    static bool IsLaw(string law, double[] p) => law switch
    {
        ScalingLaw.Chinchilla => p.Length == 5 && p.All(double.IsFinite) && p[0] > 0 && p[1] > 0 && p[2] >= 0 && p[3] > 0 && p[4] > 0,
        ScalingLaw.Kaplan => p.Length == 4 && p.All(x => x > 0 && double.IsFinite(x)),
        ScalingLaw.IsoFlop or ScalingLaw.Envelope => p.Length == 7 && p.All(double.IsFinite) && p[1] > 0 && p[3] > 0 && p[4] >= 0 && p[5] > 0 && p[6] > 0,
        _ => true,
    };
}
