using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>Shuffled batches of numbered examples: an epoch takes each once, in an order of its own. Batch b is a pure function of (seed, b).</summary>
public sealed class ShuffledExamples
{
    readonly RandomKey key;

    /// <param name="count">Examples, numbered from 0.</param>
    /// <param name="batch">Examples in a batch.</param>
    /// <param name="seed">Keys the order.</param>
    public ShuffledExamples(int count, int batch, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        (Count, Batch, key) = (count, batch, new RandomKey(seed, 0, 0).At("order of examples"));
    }

    public int Count { get; }
    public int Batch { get; }

    /// <summary>The examples of a batch; one at the end of an epoch goes on with the next.</summary>
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
