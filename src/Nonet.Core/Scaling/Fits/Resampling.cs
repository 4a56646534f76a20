using Nonet.Tensors;

namespace Nonet.Scaling.Fits;

/// <summary>The bootstrap: repeats a fit on runs drawn with replacement. Efron 1979. A run is drawn as a whole, with its curve.</summary>
static class Resampling
{
    const uint Site = 0x5CA1E;

    /// <summary>How often each run is drawn in a replicate. Runs are drawn within their stratum.</summary>
    /// <param name="strata">Stratum of each run, from 0.</param>
    /// <param name="seed">Seed of the random numbers.</param>
    /// <param name="replicate">Number of the replicate.</param>
    public static double[] Weights(int[] strata, ulong seed, int replicate)
    {
        var weights = new double[strata.Length];
        var members = strata.Select((s, i) => (s, i)).GroupBy(x => x.s, x => x.i).OrderBy(g => g.Key);
        var (key, drawn) = (new RandomKey(seed, (uint)replicate, Site), 0UL);
        foreach (var group in members)
        {
            int[] runs = [.. group];
            for (var i = 0; i < runs.Length; i++)
                weights[runs[Philox.Below(key, drawn++, runs.Length)]]++;
        }
        return weights;
    }

    /// <summary>All replicates of a fit. Failed ones (null) are left out.</summary>
    public static double[][] Run(int replicates, int? threads, Func<int, double[]?> refit, CancellationToken stopping)
    {
        var fits = new double[]?[replicates];
        Parallel.For(0, replicates, new ParallelOptions { MaxDegreeOfParallelism = threads ?? -1, CancellationToken = stopping }, i => fits[i] = refit(i));
        return [.. fits.Where(f => f is not null && Array.TrueForAll(f, double.IsFinite)).Select(f => f!)];
    }
}
