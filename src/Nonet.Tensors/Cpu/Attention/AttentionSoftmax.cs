using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Row operations between the two products. Registers start at multiples of Count from key 0 of the block, and hidden keys count as zeros, so the
/// bits of a row do not depend on which keys its neighbours see.
/// </summary>
static unsafe class AttentionSoftmax
{
    /// <summary>
    /// One step of the running softmax for every row of a block. S becomes exp(S - max), with 0 for hidden keys; max, sum and the outputs so far are
    /// updated.
    /// </summary>
    /// <param name="p">The attention call.</param>
    /// <param name="pair">The block.</param>
    /// <param name="s">q · k (rows, keys); becomes unnormalised probabilities, after dropout if there is any.</param>
    /// <param name="sStride">Floats from one row to the next.</param>
    /// <param name="place">Position of the block in the call, for dropout.</param>
    /// <param name="max">Running maximum of each row; -∞ before the first key.</param>
    /// <param name="sum">Running sum of exponentials.</param>
    /// <param name="y">Running outputs, not yet divided by the sum.</param>
    /// <param name="yStride">Floats from one row of the outputs to the next.</param>
    /// <param name="index">0, 1, 2, ... as floats.</param>
    /// <param name="kept">Scratch memory for the dropout factors of one row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<V>(in AttentionProblem p, in AttentionPair pair, float* s, nint sStride, in AttentionPlace place,
        float* max, float* sum, float* y, nint yStride, float* index, float* kept) where V : struct, ILanes<V>
    {
        var minusInfinity = V.Broadcast(float.NegativeInfinity);
        var bias = p.BiasOf(place.Head);
        var rich = p.Cap > 0 || bias is not null;
        var scale = V.Broadcast(rich ? 1 : p.Scale);
        for (var r = 0; r < pair.Rows; r++, s += sStride, y += yStride)
        {
            int low = pair.Low(r), high = pair.High(r);
            var inside = low / V.Count * V.Count;
            if (rich && low < high)
                Score<V>(p, s, inside, high, bias is null ? null : bias - pair.Position(r));
            var most = minusInfinity;
            for (var j = inside; j < high; j += V.Count)
            {
                var x = V.Load(s + j) * scale;
                if (j < low || j + V.Count > high)
                    x = Between(V.Load(index + j), low, high, x, minusInfinity);
                most = V.Max(x, most);
            }
            var before = max[r];
            var now = Math.Max(before, most.MaxAcross());
            if (low >= high || float.IsNegativeInfinity(now))
            {
                Clear<V>(s, 0, pair.Keys);
                continue;
            }
            if (now > before)
            {
                max[r] = now;
                if (!float.IsNegativeInfinity(before))
                    Rescale<V>(before - now, sum + r, y, p.Width);
            }
            var shift = V.Broadcast(-now);
            V total = default;
            Clear<V>(s, 0, inside);
            var i = inside;
            for (; i < high; i += V.Count)
            {
                var e = VectorMath.Exp(V.Fma(V.Load(s + i), scale, shift));
                if (i < low || i + V.Count > high)
                    e = Between(V.Load(index + i), low, high, e, default);
                total += e;
                e.Store(s + i);
            }
            Clear<V>(s, i, pair.Keys);
            sum[r] += total.Sum();
            if (p.Keep > 0)
            {
                Factors<V>(p, place, r, low, high, kept);
                for (var j = inside; j < high; j += V.Count)
                    (V.Load(s + j) * V.Load(kept + j)).Store(s + j);
            }
        }
    }

    /// <summary>
    /// S (q · k) and G (dy · v) become the probabilities after dropout and the gradient of q · k. Both are 0 for hidden keys. Adds the gradient of
    /// the bias to <paramref name="biasGradient"/>, if it is not null: one entry per distance, distance 0 first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<V>(in AttentionProblem p, in AttentionPair pair, float* s, float* g, nint stride, in AttentionPlace place,
        float* lse, float* delta, float* biasGradient, float* index, float* kept) where V : struct, ILanes<V>
    {
        var bias = p.BiasOf(place.Head);
        var rich = p.Cap > 0 || bias is not null || p.Keep > 0;
        var scale = V.Broadcast(p.Scale);
        for (var r = 0; r < pair.Rows; r++, s += stride, g += stride)
        {
            int low = pair.Low(r), high = pair.High(r);
            var shift = V.Broadcast(-lse[r]);
            var mean = V.Broadcast(delta[r]);
            var start = Math.Min(low, high) / V.Count * V.Count;
            Clear<V>(s, 0, start);
            Clear<V>(g, 0, start);
            var j = start;
            if (rich)
            {
                if (p.Keep > 0 && low < high)
                    Factors<V>(p, place, r, low, high, kept);
                var distance = pair.Position(r);
                Rich<V>(p, s, g, start, low, high, bias is null ? null : bias - distance, biasGradient is null ? null : biasGradient - distance, -lse[r],
                    delta[r], index, kept);
                j = Math.Max(start, (high + V.Count - 1) / V.Count * V.Count);
            }
            else
            {
                for (; j < high; j += V.Count)
                {
                    var e = VectorMath.Exp(V.Fma(V.Load(s + j), scale, shift));
                    var ds = e * (V.Load(g + j) - mean) * scale;
                    if (j < low || j + V.Count > high)
                    {
                        var k = V.Load(index + j);
                        e = Between(k, low, high, e, default);
                        ds = Between(k, low, high, ds, default);
                    }
                    e.Store(s + j);
                    ds.Store(g + j);
                }
            }
            Clear<V>(s, j, pair.Keys);
            Clear<V>(g, j, pair.Keys);
        }
    }

    /// <summary>One row of Backward with cap, bias or dropout.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rich<V>(in AttentionProblem p, float* s, float* g, int start, int low, int high, float* bias, float* biasGradient, float shift, float mean,
        float* index, float* kept)
        where V : struct, ILanes<V>
    {
        V one = V.Broadcast(1), scale = V.Broadcast(p.Scale);
        V cap = V.Broadcast(p.Cap), perCap = V.Broadcast(p.Cap > 0 ? 1 / p.Cap : 0);
        for (var j = start; j < high; j += V.Count)
        {
            var x = V.Load(s + j) * scale;
            var slope = scale;
            if (p.Cap > 0)
            {
                var tanh = VectorMath.Tanh(x * perCap);
                x = tanh * cap;
                slope = (one - tanh * tanh) * scale;
            }
            if (bias is not null)
                x += V.Load(bias + j);
            var e = VectorMath.Exp(x + V.Broadcast(shift));
            var dp = V.Load(g + j);
            var dropped = e;
            if (p.Keep > 0)
            {
                var z = V.Load(kept + j);
                dropped = e * z;
                dp *= z;
            }
            var ds = e * (dp - V.Broadcast(mean));
            if (j < low || j + V.Count > high)
            {
                var k = V.Load(index + j);
                dropped = Between(k, low, high, dropped, default);
                ds = Between(k, low, high, ds, default);
                slope = Between(k, low, high, slope, default);
            }
            if (biasGradient is not null)
                (V.Load(biasGradient + j) + ds).Store(biasGradient + j);
            dropped.Store(s + j);
            (ds * slope).Store(g + j);
        }
    }

    /// <summary>In place: cap · tanh(scale · s / cap) + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Score<V>(in AttentionProblem p, float* s, int start, int high, float* bias) where V : struct, ILanes<V>
    {
        V scale = V.Broadcast(p.Scale), cap = V.Broadcast(p.Cap), perCap = V.Broadcast(p.Cap > 0 ? 1 / p.Cap : 0);
        for (var j = start; j < high; j += V.Count)
        {
            var x = V.Load(s + j) * scale;
            if (p.Cap > 0)
                x = VectorMath.Tanh(x * perCap) * cap;
            if (bias is not null)
                x += V.Load(bias + j);
            x.Store(s + j);
        }
    }

    /// <summary>Dropout factors of keys [low, high) of a row: 0 or 1 / (1 - p).</summary>
    static void Factors<V>(in AttentionProblem p, in AttentionPlace place, int r, int low, int high, float* to) where V : struct, ILanes<V>
    {
        low = low / V.Count * V.Count;
        high = (high + V.Count - 1) / V.Count * V.Count;
        VectorPhilox.UnitFloats(p.Key, AttentionOptions.DropoutElement(place.FirstRow + r, p.Heads, place.Head, place.FirstKey + low), high - low, to + low);
        V drop = V.Broadcast(p.Drop), keep = V.Broadcast(p.Keep);
        for (var j = low; j < high; j += V.Count)
            V.Select(V.Less(V.Load(to + j), drop), default, keep).Store(to + j);
    }

    /// <summary>Rescales a row's sum and outputs by e^difference, after a larger maximum was found.</summary>
    static void Rescale<V>(float difference, float* sum, float* y, int width) where V : struct, ILanes<V>
    {
        var factor = VectorMath.Exp(V.Broadcast(difference));
        var one = stackalloc float[16];
        factor.Store(one);
        *sum *= *one;
        Times(factor, *one, y, width);
    }

    /// <summary>Merges the sums over later keys into those of a row. Each is relative to its own maximum. A part that saw no key changes nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge<V>(float* max, float* sum, float* y, float partMax, float partSum, float* part, int width) where V : struct, ILanes<V>
    {
        if (partSum == 0)
            return;
        if (*sum == 0)
        {
            (*max, *sum) = (partMax, partSum);
            new ReadOnlySpan<float>(part, width).CopyTo(new Span<float>(y, width));
            return;
        }
        var now = Math.Max(*max, partMax);
        V old = VectorMath.Exp(V.Broadcast(*max - now)), more = VectorMath.Exp(V.Broadcast(partMax - now));
        var factors = stackalloc float[32];
        old.Store(factors);
        more.Store(factors + 16);
        *max = now;
        *sum = MathF.FusedMultiplyAdd(partSum, factors[16], *sum * factors[0]);
        var d = 0;
        for (; d <= width - V.Count; d += V.Count)
            V.Fma(V.Load(part + d), more, V.Load(y + d) * old).Store(y + d);
        for (; d < width; d++)
            y[d] = MathF.FusedMultiplyAdd(part[d], factors[16], y[d] * factors[0]);
    }

    /// <summary>Σ a b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot<V>(float* a, float* b, int width) where V : struct, ILanes<V>
    {
        V sum = default;
        var d = 0;
        for (; d <= width - V.Count; d += V.Count)
            sum = V.Fma(V.Load(a + d), V.Load(b + d), sum);
        var total = sum.Sum();
        for (; d < width; d++)
            total = MathF.FusedMultiplyAdd(a[d], b[d], total);
        return total;
    }

    /// <summary>y *= factor.</summary>
    public static void Times<V>(V factor, float scalar, float* y, int width) where V : struct, ILanes<V>
    {
        var d = 0;
        for (; d <= width - V.Count; d += V.Count)
            (V.Load(y + d) * factor).Store(y + d);
        for (; d < width; d++)
            y[d] *= scalar;
    }

    /// <summary>Zeros from <paramref name="from"/>, a multiple of Count, up to the register that holds the last key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Clear<V>(float* s, int from, int end) where V : struct, ILanes<V>
    {
        for (; from < end; from += V.Count)
            default(V).Store(s + from);
    }

    /// <summary>x where low ≤ index &lt; high, else other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Between<V>(V index, int low, int high, V x, V other) where V : struct, ILanes<V> =>
        V.Select(V.Less(index, V.Broadcast(low)), other, V.Select(V.Less(index, V.Broadcast(high)), x, other));
}

/// <summary>Position of a pair of blocks in the whole call. Dropout is keyed by it.</summary>
readonly record struct AttentionPlace(int FirstRow, int FirstKey, int Head);
