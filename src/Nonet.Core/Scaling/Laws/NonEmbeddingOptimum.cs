using Nonet.Numerics;

namespace Nonet.Scaling.Laws;

/// <summary>
/// A Chinchilla law as it appears if parameters are counted without embeddings: Pearce and Song 2024 (arXiv:2406.12907). N is the count
/// without embeddings; all parameters are N + γ N^(1/3); FLOPs are 6ND with this N. The optimal N is then not a power law of C. Its local
/// exponent is high for small models, in which embeddings dominate, and falls to β / (α + β).
/// </summary>
/// <param name="law">Law of all parameters.</param>
/// <param name="gamma">γ of their fit to the models of Hoffmann et al.</param>
public sealed class NonEmbeddingOptimum(ChinchillaLaw law, double gamma = NonEmbeddingOptimum.Gamma)
{
    /// <summary>γ of Pearce and Song 2024, for the models of Hoffmann et al.</summary>
    public const double Gamma = 47_491;

    /// <summary>Number of all parameters of a model with the given number without embeddings.</summary>
    public double AllParameters(double parameters) => parameters + gamma * Math.Cbrt(parameters);

    /// <summary>
    /// FLOPs, counted without embeddings, for which N parameters without embeddings are optimal: C = 6N · (N + γN^⅓/3)^(−1/β) · (N +
    /// γN^⅓)^((1 + α)/β) · (βB / αA)^(1/β), from dL/dN = 0 along D = C / 6N.
    /// </summary>
    public double Flops(double parameters) =>
        6 * parameters * Math.Pow(parameters + gamma * Math.Cbrt(parameters) / 3, -1 / law.Beta)
        * Math.Pow(AllParameters(parameters), (1 + law.Alpha) / law.Beta)
        * Math.Pow(law.Beta * law.B / (law.Alpha * law.A), 1 / law.Beta);

    /// <summary>Exponent of a line fitted to ln N over ln C between two sizes, with points evenly spaced in ln N.</summary>
    public double Exponent(double from, double to, int points = 200)
    {
        double[] n = [.. Enumerable.Range(0, points).Select(i => Math.Log(from) + Math.Log(to / from) * i / (points - 1))];
        return StraightLine.Fit([.. n.Select(x => Math.Log(Flops(Math.Exp(x))))], n).Slope;
    }
}
