using Nonet.Files;
using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;

namespace Nonet.Scaling.Plans;

/// <summary>What a plan goes by: a fit or a published law.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Counting">What N counts.</param>
/// <param name="Frontier">The best allocations.</param>
/// <param name="Replicates">The same of each bootstrap replicate; empty for published laws, whose papers give no joint distribution.</param>
/// <param name="MostFlops">Of the largest run fitted; null where unknown.</param>
public sealed record PlanLaw(string Name, ParameterCounting Counting, IFrontier Frontier, IReadOnlyList<IFrontier> Replicates, double? MostFlops)
{
    /// <summary>The loss of any N and D; null where the law says only the best.</summary>
    public ILossSurface? Surface => Frontier as ILossSurface;

    public static PlanLaw Of(PublishedLaw law) => new(law.Source, law.Counting, law.Frontier, [], null);

    /// <summary>From a fit, the replicates that are laws at all kept.</summary>
    public static PlanLaw Of(LawFit fit, string name)
    {
        double[] values = [.. fit.Numbers.Select(n => n.Value)];
        return new PlanLaw($"{name}: {fit.Law}", fit.Counting, Make(fit.Law, values), [.. fit.Replicates.Where(r => IsLaw(fit.Law, r)).Select(r => Make(fit.Law, r))], fit.MostFlops);
    }

    /// <summary>From a file that holds a fit.</summary>
    public static PlanLaw Read(string path)
    {
        var fit = FitJson.Read(path);
        return IsLaw(fit) ? Of(fit, Path.GetFileName(path))
            : throw new MalformedFileException(path, $"a law {fit.Law} with {string.Join(", ", fit.Numbers.Select(n => FormattableString.Invariant($"{n.Name} {n.Value:g6}")))}", "positive scales and exponents: such a fit says no best size");
    }

    static IFrontier Make(string law, double[] p) => law switch
    {
        ScalingLaw.Chinchilla => new ChinchillaLaw(p[0], p[1], p[2], p[3], p[4]),
        ScalingLaw.Kaplan => new KaplanLaw(p[0], p[1], p[2], p[3]),
        ScalingLaw.IsoFlop or ScalingLaw.Envelope => Fits.FrontierLines.Law(p),
        _ => throw new ArgumentException($"a fit of {law} says no best size: {ScalingLaw.Chinchilla}, {ScalingLaw.Kaplan}, {ScalingLaw.IsoFlop} or {ScalingLaw.Envelope} is needed"),
    };

    /// <summary>Whether a fit's numbers make a law that says a best size (true of laws that say none at all): everything positive and finite but the floor, which may be 0.</summary>
    public static bool IsLaw(LawFit fit) => IsLaw(fit.Law, [.. fit.Numbers.Select(n => n.Value)]);

    static bool IsLaw(string law, double[] p) => law switch
    {
        ScalingLaw.Chinchilla => p.Length == 5 && p.All(double.IsFinite) && p[0] > 0 && p[1] > 0 && p[2] >= 0 && p[3] > 0 && p[4] > 0,
        ScalingLaw.Kaplan => p.Length == 4 && p.All(x => x > 0 && double.IsFinite(x)),
        ScalingLaw.IsoFlop or ScalingLaw.Envelope => p.Length == 7 && p.All(double.IsFinite) && p[1] > 0 && p[3] > 0 && p[4] >= 0 && p[5] > 0 && p[6] > 0,
        _ => true,
    };
}
