using Nonet.Tensors;

namespace Nonet.Data.Pairs;

/// <summary>
/// Shuffled batches of pairs with about equally many tokens. An epoch contains every pair once. Pairs are sorted by length within a pool of
/// some batches, so that the pairs of a batch have similar lengths; the order of the batches is then shuffled again. Vaswani et al. 2017,
/// section 5.1. Batch b is a pure function of (seed, b).
/// </summary>
public sealed class PairBatches
{
    /// <summary>Number of batches in a pool.</summary>
    const int PoolBatches = 50;

    readonly TokenPairs pairs;
    readonly RandomKey key;
    readonly int poolPairs;
    readonly List<long> firstBatch = [0];
    (int Epoch, int[][] Batches) planned = (-1, []);

    /// <param name="pairs">Training data.</param>
    /// <param name="tokens">Largest number of source tokens and of target tokens in a batch. A longer pair is a batch by itself.</param>
    /// <param name="seed">Seed of the order.</param>
    public PairBatches(TokenPairs pairs, int tokens, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs.Count, 1);
        (this.pairs, Tokens) = (pairs, tokens);
        key = new RandomKey(seed, 0, 0).At("pair batches");
        var mean = Math.Max(1, Math.Max(pairs.SourceTokens, pairs.TargetTokens) / pairs.Count);
        poolPairs = (int)Math.Clamp(PoolBatches * (tokens / mean), 1, pairs.Count);
    }

    /// <summary>Largest number of tokens on each side of a batch.</summary>
    public int Tokens { get; }

    /// <summary>Batches of the first epoch. Later epochs may differ slightly.</summary>
    public int PerEpoch => Plan(0).Length;

    /// <summary>Numbers of the pairs of batch <paramref name="index"/>.</summary>
    public ReadOnlySpan<int> this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            var epoch = firstBatch.FindLastIndex(first => first <= index);
            while (true)
            {
                var batches = Plan(epoch);
                if (index - firstBatch[epoch] < batches.Length)
                    return batches[index - firstBatch[epoch]];
                if (++epoch == firstBatch.Count)
                    firstBatch.Add(firstBatch[epoch - 1] + batches.Length);
            }
        }
    }

    int[][] Plan(int epoch)
    {
        if (planned.Epoch == epoch)
            return planned.Batches;
        var order = new KeyedPermutation(key with { Step = (uint)epoch }, pairs.Count);
        var sorted = new int[pairs.Count];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = (int)order[i];
        for (var (start, down) = (0, false); start < sorted.Length; start += poolPairs, down = !down)
            // alternately ascending and descending, so that a batch across two pools also has similar lengths
            Sort(sorted.AsSpan(start, Math.Min(poolPairs, sorted.Length - start)), down);
        var cut = Cut(sorted);
        var shuffle = new KeyedPermutation(key.At("order") with { Step = (uint)epoch }, cut.Count);
        var batches = new int[cut.Count][];
        for (var b = 0; b < batches.Length; b++)
            batches[b] = cut[(int)shuffle[b]];
        planned = (epoch, batches);
        return batches;
    }

    /// <summary>Sorts by the longer side, then by the other. Equal pairs keep their shuffled order.</summary>
    void Sort(Span<int> pool, bool down)
    {
        var keys = new (int Longer, int Shorter, int Place)[pool.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var (s, t) = (pairs.Source(pool[i]).Length, pairs.Target(pool[i]).Length);
            keys[i] = (Math.Max(s, t), Math.Min(s, t), i);
        }
        MemoryExtensions.Sort(keys.AsSpan(), pool);
        if (down)
            pool.Reverse();
    }

    List<int[]> Cut(int[] sorted)
    {
        var (batches, first, sources, targets) = (new List<int[]>(), 0, 0L, 0L);
        for (var i = 0; i < sorted.Length; i++)
        {
            var (s, t) = (pairs.Source(sorted[i]).Length, pairs.Target(sorted[i]).Length);
            if (i > first && Math.Max(sources + s, targets + t) > Tokens)
            {
                batches.Add(sorted[first..i]);
                (first, sources, targets) = (i, 0, 0);
            }
            (sources, targets) = (sources + s, targets + t);
        }
        batches.Add(sorted[first..]);
        return batches;
    }
}
