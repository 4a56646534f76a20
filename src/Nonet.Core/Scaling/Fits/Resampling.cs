using Nonet.Tensors;

namespace Nonet.Scaling.Fits;

/// <summary>The bootstrap: the fit again on runs drawn with replacement. Efron 1979. A run is drawn whole, with its curve, never a point of it alone.</summary>
static class Resampling
{
    const uint Site = 0x5CA1E;

    /// <summary>How often each of some runs is drawn in a replicate, runs of a stratum among themselves.</summary>
    /// <param name="strata">The stratum of each run, from 0.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="replicate">Which replicate.</param>
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

    /// <summary>All replicates of a fit; those that come to nothing (null) are left out.</summary>
    public static double[][] Run(int replicates, int? threads, Func<int, double[]?> refit, CancellationToken stopping)
    {
        var fits = new double[]?[replicates];
        Parallel.For(0, replicates, new ParallelOptions { MaxDegreeOfParallelism = threads ?? -1, CancellationToken = stopping }, i => fits[i] = refit(i));
        return [.. fits.Where(f => f is not null && Array.TrueForAll(f, double.IsFinite)).Select(f => f!)];
    }
}
