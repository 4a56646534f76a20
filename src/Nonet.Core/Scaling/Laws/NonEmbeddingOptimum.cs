using Nonet.Numerics;

namespace Nonet.Scaling.Laws;

/// <summary>
/// What a Chinchilla law looks like to somebody who counts parameters without embeddings: Pearce and Song 2024 (arXiv:2406.12907). All parameters are N + γ N^(1/3), N those without embeddings; FLOPs are counted as 6ND of that N.
/// The best N is then no power law of C: its local exponent is high for small models, where embeddings are most of them, and falls to β / (α + β).
/// </summary>
/// <param name="law">The law of all parameters.</param>
/// <param name="gamma">γ of their fit to Hoffmann et al.'s models.</param>
public sealed class NonEmbeddingOptimum(ChinchillaLaw law, double gamma = NonEmbeddingOptimum.Gamma)
{
    public const double Gamma = 47_491;

    /// <summary>All parameters of a model with so many besides embeddings.</summary>
    public double AllParameters(double parameters) => parameters + gamma * Math.Cbrt(parameters);

    /// <summary>
    /// The FLOPs, counted without embeddings, whose best model has N parameters besides them: C = 6N · (N + γN^⅓/3)^(−1/β) · (N + γN^⅓)^((1 + α)/β) · (βB / αA)^(1/β), from dL/dN = 0 along D = C / 6N.
    /// </summary>
    public double Flops(double parameters) =>
        6 * parameters * Math.Pow(parameters + gamma * Math.Cbrt(parameters) / 3, -1 / law.Beta) * Math.Pow(AllParameters(parameters), (1 + law.Alpha) / law.Beta)
        * Math.Pow(law.Beta * law.B / (law.Alpha * law.A), 1 / law.Beta);

    /// <summary>The exponent that a line of ln N over ln C has between two sizes, points evenly spaced in ln N.</summary>
    public double Exponent(double from, double to, int points = 200)
    {
        double[] n = [.. Enumerable.Range(0, points).Select(i => Math.Log(from) + Math.Log(to / from) * i / (points - 1))];
        return StraightLine.Fit([.. n.Select(x => Math.Log(Flops(Math.Exp(x))))], n).Slope;
    }
}
