using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// Source of each item of a mixture, and index of the item within its source: a pure function of (seed, item). Items come in blocks of
/// <see cref="Block"/>. In the first b blocks a source has floor(share · b · Block) items, and the largest source has the remainder. Within
/// a block the order is a keyed permutation.
/// </summary>
sealed class Mixture
{
    public const int Block = 1024;

    readonly double[] shares;
    readonly int largest;
    readonly RandomKey key;
    readonly long[] before, ends; // current block: items of each source before it; cumulative numbers of places by source
    KeyedPermutation order;
    long block = -1;

    /// <param name="weights">Weight of each source, above 0. Only their ratios matter.</param>
    /// <param name="seed">Seed of the order.</param>
    public Mixture(IReadOnlyList<double> weights, ulong seed)
    {
        var total = weights.Sum();
        shares = [.. weights.Select(w => w / total)];
        largest = Array.IndexOf(shares, shares.Max());
        key = new RandomKey(seed, 0, 0).At("mixture of sources");
        (before, ends) = (new long[shares.Length], new long[shares.Length]);
    }

    public (int Source, long Item) At(long item)
    {
        Enter(item / Block);
        var place = order[item % Block];
        var source = 0;
        while (place >= ends[source])
            source++;
        return (source, before[source] + place - (source == 0 ? 0 : ends[source - 1]));
    }

    void Enter(long wanted)
    {
        if (wanted == block)
            return;
        block = wanted;
        order = new KeyedPermutation(key with { Step = checked((uint)block) }, Block);
        var end = 0L;
        for (var s = 0; s < shares.Length; s++)
        {
            before[s] = Items(s, block);
            ends[s] = end += Items(s, block + 1) - before[s];
        }
    }

    /// <summary>Items of a source in a number of blocks.</summary>
    long Items(int source, long blocks)
    {
        if (source != largest)
            return (long)Math.Floor(shares[source] * blocks * Block);
        var rest = blocks * Block;
        for (var s = 0; s < shares.Length; s++)
            rest -= s == largest ? 0 : Items(s, blocks);
        return rest;
    }
}
