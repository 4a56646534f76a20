using System.Runtime.Intrinsics;

namespace Nonet.Inference;

/// <summary>
/// The tokens that may be drawn, by ascending id, with their weights: unnormalised probabilities, where the most likely token has 1. There is one object per
/// thread, because it is as large as the vocabulary.
/// </summary>
sealed class SamplerCandidates
{
    const int HeapLimit = 1024, Buckets = 4096, BucketShift = 46; // 64 buckets per power of two; the last one is for weights below 2^-64

    [ThreadStatic] static SamplerCandidates? ofThread;

    readonly double[] masses = new double[Buckets];
    readonly int[] sizes = new int[Buckets];
    float[] adjusted = [];
    double[] weights = [];
    double[] keys = [];
    double[] sortKeys = [];
    int[] ids = [];
    int[] sortIds = [];
    float[] heap = [];
    int count;

    public static SamplerCandidates OfThread => ofThread ??= new SamplerCandidates();

    public ReadOnlySpan<int> Ids => ids.AsSpan(0, count);

    public ReadOnlySpan<double> Weights => weights.AsSpan(0, count);

    /// <summary>A mutable copy of logits.</summary>
    public Span<float> Copy(ReadOnlySpan<float> logits)
    {
        if (adjusted.Length < logits.Length)
            adjusted = new float[logits.Length];
        logits.CopyTo(adjusted);
        return adjusted.AsSpan(0, logits.Length);
    }

    /// <summary>Sets the candidates to all tokens except those with a logit of −∞.</summary>
    public void Fill(ReadOnlySpan<float> logits, float largest, double temperature, int? topK)
    {
        if (weights.Length < logits.Length)
        {
            (weights, ids) = (new double[logits.Length], new int[logits.Length]);
            (sortKeys, sortIds) = (new double[logits.Length], new int[logits.Length]);
        }
        count = 0;
        if (topK is { } k && k < logits.Length && k <= HeapLimit)
        {
            FillLikeliest(logits, k);
            for (var i = 0; i < count; i++)
                weights[i] = Math.Exp(((double)logits[ids[i]] - largest) / temperature);
            return;
        }
        Exponentials(logits, largest, temperature, weights);
        for (var i = 0; i < logits.Length; i++)
        {
            (weights[count], ids[count]) = (weights[i], i);
            count += weights[i] > 0 ? 1 : 0;
        }
        if (topK is { } most && most < count)
            KeepFirst(new ByWeight(weights), double.PositiveInfinity, most);
    }

    /// <summary>Top-p: keeps the fewest most likely candidates whose weights sum to a share of the total.</summary>
    public void KeepLikeliest(double share) => KeepFirst(new ByWeight(weights), share * Sum(), count);

    /// <summary>Min-p: keeps the candidates whose weight is at least a share of the most likely one's.</summary>
    public void KeepAtLeast(double least)
    {
        var (kept, floor) = (0, Math.Min(least, 1));
        for (var i = 0; i < count; i++)
        {
            (weights[kept], ids[kept]) = (weights[i], ids[i]);
            kept += weights[i] >= floor ? 1 : 0;
        }
        count = kept;
    }

    /// <summary>
    /// Typical sampling: keeps the fewest candidates whose weights sum to a share of the total, in order of the distance of their surprise from the entropy.
    /// </summary>
    public void KeepTypical(double share)
    {
        if (keys.Length < count)
            keys = new double[weights.Length];
        var sum = Sum();
        var (entropy, logSum) = (0.0, Math.Log(sum));
        for (var i = 0; i < count; i++)
        {
            keys[i] = logSum - Math.Log(weights[i]);
            entropy += weights[i] / sum * keys[i];
        }
        for (var i = 0; i < count; i++)
            keys[i] = Math.Abs(keys[i] - entropy);
        KeepFirst(new ByKey(keys), share * sum, count);
    }

    public double Sum()
    {
        var sum = 0.0;
        foreach (var weight in Weights)
            sum += weight;
        return sum;
    }

    /// <summary>The candidate at a quantile of the distribution, from 0 to 1.</summary>
    public int Draw(double place, double sum)
    {
        var left = sum * place;
        for (var i = 0; i < count; i++)
        {
            left -= weights[i];
            if (left < 0)
                return i;
        }
        var last = count - 1; // rounding has passed the last weight
        for (var i = 0; i < count; i++)
            last = weights[i] > weights[last] ? i : last;
        return last;
    }

    /// <summary>exp((logit − largest) / temperature) of each.</summary>
    static void Exponentials(ReadOnlySpan<float> logits, double largest, double temperature, Span<double> result)
    {
        var i = 0;
        var (shift, scale) = (Vector512.Create(largest), Vector512.Create(temperature));
        for (; i + 16 <= logits.Length; i += 16)
        {
            var (low, high) = Vector512.Widen(Vector512.Create(logits[i..]));
            Vector512.Exp((low - shift) / scale).CopyTo(result[i..]);
            Vector512.Exp((high - shift) / scale).CopyTo(result[(i + 8)..]);
        }
        for (; i < logits.Length; i++)
            result[i] = Math.Exp((logits[i] - largest) / temperature);
    }

    /// <summary>ln Σ exp(logit).</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits, double largest)
    {
        var (i, sums, shift) = (0, Vector512<double>.Zero, Vector512.Create(largest));
        for (; i + 16 <= logits.Length; i += 16)
        {
            var (low, high) = Vector512.Widen(Vector512.Create(logits[i..]));
            sums += Vector512.Exp(low - shift) + Vector512.Exp(high - shift);
        }
        var sum = Vector512.Sum(sums);
        for (; i < logits.Length; i++)
            sum += Math.Exp(logits[i] - largest);
        return largest + Math.Log(sum);
    }

    /// <summary>Top-k: sets the candidates to the k largest logits; among equal ones, lower ids are preferred.</summary>
    void FillLikeliest(ReadOnlySpan<float> logits, int k)
    {
        var kth = KthLargest(logits, k, out var ties);
        for (var i = 0; i < logits.Length; i++)
        {
            if (i + 16 <= logits.Length && !Vector512.GreaterThanOrEqualAny(Vector512.Create(logits[i..]), Vector512.Create(kth)))
            {
                i += 15;
                continue;
            }
            for (var end = Math.Min(i + 16, logits.Length); i < end; i++)
            {
                if (logits[i] < kth || float.IsNegativeInfinity(logits[i]) || (logits[i] == kth && ties-- <= 0))
                    continue;
                ids[count++] = i;
            }
            i--;
        }
    }

    /// <summary>The k-th largest logit, found with a min-heap of the k largest so far, and the number of the k that are equal to it.</summary>
    float KthLargest(ReadOnlySpan<float> logits, int k, out int ties)
    {
        if (heap.Length < k)
            heap = new float[HeapLimit];
        var largest = heap.AsSpan(0, k);
        logits[..k].CopyTo(largest);
        largest.Sort(); // an ascending array is a heap
        for (var i = k; i < logits.Length; i++)
        {
            if (i + 16 <= logits.Length && !Vector512.GreaterThanAny(Vector512.Create(logits[i..]), Vector512.Create(largest[0])))
            {
                i += 15;
                continue;
            }
            for (var end = Math.Min(i + 16, logits.Length); i < end; i++)
            {
                if (logits[i] > largest[0])
                    ReplaceRoot(largest, logits[i]);
            }
            i--;
        }
        ties = 0;
        foreach (var logit in largest)
            ties += logit == largest[0] ? 1 : 0;
        return largest[0];
    }

    static void ReplaceRoot(Span<float> heap, float value)
    {
        var at = 0;
        for (int child; (child = (2 * at) + 1) < heap.Length; at = child)
        {
            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
                child++;
            if (heap[child] >= value)
                break;
            heap[at] = heap[child];
        }
        heap[at] = value;
    }

    /// <summary>
    /// Keeps the first candidates of an order, until the sum of their weights or their number reaches a limit. A histogram finds the bucket of the limit, and
    /// only that bucket is sorted.
    /// </summary>
    void KeepFirst<TOrder>(TOrder order, double mass, int most) where TOrder : struct, IOrder
    {
        if (count == 0)
            return;
        Array.Clear(masses);
        Array.Clear(sizes);
        for (var i = 0; i < count; i++)
        {
            var bucket = order.Bucket(i);
            masses[bucket] += weights[i];
            sizes[bucket]++;
        }
        var (before, number, limit) = (0.0, 0, 0);
        for (; limit < Buckets - 1 && before + masses[limit] < mass && number + sizes[limit] < most; limit++)
            (before, number) = (before + masses[limit], number + sizes[limit]);
        var (lastKey, lastId) = Last(order, limit, before, number, mass, most);
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            var (bucket, id) = (order.Bucket(i), ids[i]);
            var keep = bucket < limit || (bucket == limit && (order.Key(i) < lastKey || (order.Key(i) == lastKey && id <= lastId)));
            (weights[kept], ids[kept]) = (weights[i], id);
            kept += keep ? 1 : 0;
        }
        count = kept;
    }

    /// <summary>The last candidate to keep, in the bucket of the limit.</summary>
    (double Key, int Id) Last<TOrder>(TOrder order, int bucket, double before, int number, double mass, int most) where TOrder : struct, IOrder
    {
        var size = 0;
        for (var i = 0; i < count; i++)
        {
            if (order.Bucket(i) == bucket)
                (sortKeys[size], sortIds[size++]) = (order.Key(i), i);
        }
        Array.Sort(sortKeys, sortIds, 0, size);
        for (int i = 0, j; i < size; i = j)
        {
            for (j = i + 1; j < size && sortKeys[j].Equals(sortKeys[i]); j++)
            {
            }
            Array.Sort(sortIds, i, j - i);
        }
        for (var i = 0; i < size; i++)
        {
            before += weights[sortIds[i]];
            if (before >= mass || ++number >= most)
                return (sortKeys[i], ids[sortIds[i]]);
        }
        return (double.PositiveInfinity, int.MaxValue);
    }

    /// <summary>An order of candidates: an ascending key, and a bucket that ascends with it.</summary>
    interface IOrder
    {
        int Bucket(int i);

        double Key(int i);
    }

    /// <summary>The most likely candidate first. The upper bits of a positive double, which ascend with it, give the bucket.</summary>
    readonly struct ByWeight(double[] weights) : IOrder
    {
        static readonly long one = BitConverter.DoubleToInt64Bits(1) >> BucketShift;

        public int Bucket(int i) => (int)Math.Min(Buckets - 1, one - (BitConverter.DoubleToInt64Bits(weights[i]) >> BucketShift));

        public double Key(int i) => -weights[i];
    }

    /// <summary>The smallest key first.</summary>
    readonly struct ByKey(double[] keys) : IOrder
    {
        public int Bucket(int i) => (int)Math.Min(Buckets - 1, keys[i] * 128);

        public double Key(int i) => keys[i];
    }
}
