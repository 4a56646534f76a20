using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// Which source an item of a mixture comes from, and which of that source's items it is: a pure function of (seed, item). Items go in blocks of <see cref="Block"/>; of the
/// first b blocks a source has floor(share · b · Block) items, the largest source what is left; within a block the order is a keyed permutation.
/// </summary>
sealed class Mixture
{
    public const int Block = 1024;

    readonly double[] shares;
    readonly int largest;
    readonly RandomKey key;
    readonly long[] before, ends; // of the block at hand: items of each source before it; its places up to each source
    KeyedPermutation order;
    long block = -1;

    /// <param name="weights">Of each source, above 0; only their ratios count.</param>
    /// <param name="seed">Keys the order.</param>
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

    /// <summary>Items of a source in so many blocks.</summary>
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
