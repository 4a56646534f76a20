using Nonet.Scaling.Laws;
using Nonet.Scaling.Runs;
using Nonet.Tensors;

namespace Nonet.Tests.Scaling;

/// <summary>Runs drawn from laws that are known.</summary>
static class Synthetic
{
    public static readonly ChinchillaLaw Epoch = (ChinchillaLaw)PublishedLaws.Besiroglu.Frontier;

    /// <summary>Runs with N from 4e7 to 1.6e10 and C from 6e18 to 4e21, both uniform in logarithms, and noise on ln L.</summary>
    public static ScalingRun[] Surface(ILossSurface law, int count, ulong seed, double noise)
    {
        double Uniform(uint site, int i, double low, double high) => low * Math.Pow(high / low, Philox.Uniform(new RandomKey(seed, 0, site), (ulong)i));
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (n, c) = (Uniform(1, i, 4e7, 1.6e10), Uniform(2, i, 6e18, 4e21));
            var d = c / 6 / n;
            return Run(i + 1, n, d, law.Loss(n, d) * Math.Exp(noise * Philox.Normal(new RandomKey(seed, 0, 3), (ulong)i)));
        })];
    }

    /// <summary>Runs of budgets, sizes around the best of each.</summary>
    public static ScalingRun[] IsoFlop(ChinchillaLaw law, double[] budgets, double[] factors) =>
        [.. budgets.SelectMany(c => factors.Select(f => (C: c, N: f * law.Optimum(c).Parameters)))
            .Select((x, i) => Run(i + 1, x.N, x.C / 6 / x.N, law.Loss(x.N, x.C / 6 / x.N)))];

    public static ScalingRun Run(int row, double n, double d, double loss) => new() { Row = row, Parameters = n, Tokens = d, Flops = 6 * n * d, Loss = loss };
}
