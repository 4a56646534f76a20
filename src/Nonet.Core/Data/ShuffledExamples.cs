using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// Shuffled batches of numbered examples. An epoch contains each example once, in its own order. Batch b is a pure function of (seed, b).
/// </summary>
public sealed class ShuffledExamples
{
    readonly RandomKey key;

    /// <param name="count">Number of examples. They are numbered from 0.</param>
    /// <param name="batch">Examples per batch.</param>
    /// <param name="seed">Seed of the order.</param>
    public ShuffledExamples(int count, int batch, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        (Count, Batch, key) = (count, batch, new RandomKey(seed, 0, 0).At("order of examples"));
    }

    /// <summary>Number of examples.</summary>
    public int Count { get; }

    /// <summary>Examples per batch.</summary>
    public int Batch { get; }

    /// <summary>Numbers of the examples of a batch. The last batch of an epoch is filled from the next epoch.</summary>
    public int[] this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            var batch = new int[Batch];
            for (var i = 0; i < Batch; i++)
            {
                var (epoch, place) = Math.DivRem(index * Batch + i, Count);
                batch[i] = (int)new KeyedPermutation(key with { Step = checked((uint)epoch) }, Count)[place];
            }
            return batch;
        }
    }
}
