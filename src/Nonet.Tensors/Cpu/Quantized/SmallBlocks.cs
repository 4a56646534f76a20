using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Bit layout of a format with blocks of 32 elements: d (q - z) or d q + m.</summary>
interface ISmallBlock
{
    static abstract int Bytes { get; }

    /// <summary>Four-byte words of integers per block.</summary>
    static abstract int Words { get; }

    /// <summary>Whether the expanded integers are signed bytes; otherwise they are unsigned, below 32.</summary>
    static abstract bool IsSigned { get; }

    /// <summary>Whether the panel stores the integers as bytes already.</summary>
    static abstract bool IsExpanded { get; }

    /// <summary>z of unsigned integers.</summary>
    static abstract int Offset { get; }

    /// <summary>Number of words of four elements that can be multiplied before 16-bit sums could overflow: 8 or 4.</summary>
    static abstract int Chain { get; }

    static abstract bool HasMinimum { get; }

    /// <summary>Half-precision d in the lower half, m in the upper half.</summary>
    static abstract unsafe uint Scales(byte* block);

    /// <summary>Writes the integers, <paramref name="stride"/> words from one word to the next.</summary>
    static abstract unsafe void Take(byte* block, uint* words, int stride);

    /// <summary>Extracts four neighbours of every row, one byte each, from the words of a block.</summary>
    /// <param name="words">Words of the block in all rows.</param>
    /// <param name="t">Index of the group of four, from 0 to 7; a constant.</param>
    static abstract unsafe V Four<V>(byte* words, int t) where V : struct, IIntLanes<V>;
}

/// <summary>
/// For each block, the products of integers are summed exactly. The sum times both scales is added to one chain of fused multiply-adds, in the order
/// of the blocks.
/// </summary>
readonly unsafe struct SmallBlocks<F> : IPanelBlocks where F : struct, ISmallBlock
{
    public static int Elements => 32;
    public static int Bytes => F.Bytes;
    public static int Words => F.Words;
    public static int SideBytes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => F.HasMinimum ? 4 : 2; }
    public static int Sums => 1;
    public static int Scales { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => F.HasMinimum ? 2 : 1; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Take(byte* block, uint* words, byte* side, int row, int rows)
    {
        F.Take(block, words, rows);
        var scales = F.Scales(block);
        ((ushort*)side)[row] = (ushort)scales;
        if (F.HasMinimum)
            ((ushort*)side)[rows + row] = (ushort)(scales >> 16);
        return F16.IsFinite(scales) && (!F.HasMinimum || F16.IsFinite(scales >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static byte* Expand<V, P>(byte* words, byte* side, int blocks, byte* integers, byte* scales) where V : struct, IIntLanes<V> where P : struct,
    IProducts<V>
    {
        var bytes = 4 * V.Rows;
        var to = integers;
        for (var b = 0; b < blocks; b++, side += SideBytes * V.Rows, scales += Scales * bytes)
        {
            V.Halves(side).Store(scales);
            if (F.HasMinimum)
                V.Halves(side + 2 * V.Rows).Store(scales + bytes);
            if (F.IsExpanded)
                continue;
            F.Four<V>(words, 0).Store(to);
            F.Four<V>(words, 1).Store(to + bytes);
            F.Four<V>(words, 2).Store(to + 2 * bytes);
            F.Four<V>(words, 3).Store(to + 3 * bytes);
            F.Four<V>(words, 4).Store(to + 4 * bytes);
            F.Four<V>(words, 5).Store(to + 5 * bytes);
            F.Four<V>(words, 6).Store(to + 6 * bytes);
            F.Four<V>(words, 7).Store(to + 7 * bytes);
            words += F.Words * bytes;
            to += 8 * bytes;
        }
        return F.IsExpanded ? words : integers;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Round(float* x, sbyte* q, int* sums)
    {
        var d = Rounding32.Round(x, q);
        *sums = ByteSums.Of32(q);
        return d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<V, P>(in PanelPiece piece, byte* w, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
    {
        const int PieceBlocks = PanelPiece.Elements / 32;
        int bytes = 4 * V.Rows, step = F.Words * bytes, sideStep = (F.HasMinimum ? 4 : 2) * V.Rows;
        var a = (int*)piece.A;
        var d = piece.Scales;
        var sums = piece.Sums;
        var y = V.Load(piece.Y);
        byte* side = w, end = w, ahead = w;
        for (var b = 0; b < blocks; b++, w += step, side += sideStep, ahead += step + sideStep, a += 8)
        {
            if (b % PieceBlocks == 0)
            {
                var count = Math.Min(PieceBlocks, blocks - b);
                w = end;
                side = w + count * step;
                end = side + PanelPiece.SideBytes<V>(count * (F.HasMinimum ? 4 : 2));
                ahead = w + Prefetch.Ahead;
            }
            Prefetch.Lines(ahead, step + sideStep);
            V sum;
            if (F.IsSigned)
            {
                sum = P.IsBiased ? V.Splat(-128 * sums[b]) : V.Zero;
                sum = Signed<V, P>(sum, F.Four<V>(w, 0), a[0]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 1), a[1]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 2), a[2]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 3), a[3]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 4), a[4]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 5), a[5]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 6), a[6]);
                sum = Signed<V, P>(sum, F.Four<V>(w, 7), a[7]);
            }
            else
            {
                sum = F.Offset == 0 ? V.Zero : V.Splat(-F.Offset * sums[b]);
                var part = P.Dot(V.Zero, F.Four<V>(w, 0), V.Splat(a[0]));
                part = P.Dot(part, F.Four<V>(w, 1), V.Splat(a[1]));
                part = P.Dot(part, F.Four<V>(w, 2), V.Splat(a[2]));
                part = P.Dot(part, F.Four<V>(w, 3), V.Splat(a[3]));
                if (F.Chain == 4)
                {
                    sum = P.Fold(sum, part);
                    part = V.Zero;
                }
                part = P.Dot(part, F.Four<V>(w, 4), V.Splat(a[4]));
                part = P.Dot(part, F.Four<V>(w, 5), V.Splat(a[5]));
                part = P.Dot(part, F.Four<V>(w, 6), V.Splat(a[6]));
                part = P.Dot(part, F.Four<V>(w, 7), V.Splat(a[7]));
                sum = P.Fold(sum, part);
            }
            y = V.Fma(V.ToFloat(sum), V.Multiply(V.Halves(side), V.SplatFloat(d[b])), y);
            if (F.HasMinimum)
                y = V.Fma(V.Halves(side + 2 * V.Rows), V.SplatFloat(d[b] * sums[b]), y);
        }
        y.Store(piece.Y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Signed<V, P>(V sum, V w, int a) where V : struct, IIntLanes<V> where P : struct, IProducts<V> => P.DotSigned(sum, w, P.Prepare(w), V.Splat(a));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four<V, P>(in PanelPiece piece, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
    {
        var bytes = 4 * V.Rows;
        byte* w = piece.Integers, scales = piece.WeightScales;
        var a = (int*)piece.A;
        var d = piece.Scales;
        var sums = piece.Sums;
        var step = Scales * bytes;
        V y0 = V.Load(piece.Y), y1 = V.Load(piece.Y + bytes), y2 = V.Load(piece.Y + 2 * bytes), y3 = V.Load(piece.Y + 3 * bytes);
        for (var b = 0; b < blocks; b++, scales += step, d += 4, sums += 4)
        {
            V s0, s1, s2, s3;
            if (F.IsSigned)
            {
                s0 = P.IsBiased ? V.Splat(-128 * sums[0]) : V.Zero;
                s1 = P.IsBiased ? V.Splat(-128 * sums[1]) : V.Zero;
                s2 = P.IsBiased ? V.Splat(-128 * sums[2]) : V.Zero;
                s3 = P.IsBiased ? V.Splat(-128 * sums[3]) : V.Zero;
                for (var t = 0; t < 8; t += 2, w += 2 * bytes, a += 8)
                {
                    var x = V.Load(w);
                    var prepared = P.Prepare(x);
                    s0 = P.DotSigned(s0, x, prepared, V.Splat(a[0]));
                    s1 = P.DotSigned(s1, x, prepared, V.Splat(a[1]));
                    s2 = P.DotSigned(s2, x, prepared, V.Splat(a[2]));
                    s3 = P.DotSigned(s3, x, prepared, V.Splat(a[3]));
                    x = V.Load(w + bytes);
                    prepared = P.Prepare(x);
                    s0 = P.DotSigned(s0, x, prepared, V.Splat(a[4]));
                    s1 = P.DotSigned(s1, x, prepared, V.Splat(a[5]));
                    s2 = P.DotSigned(s2, x, prepared, V.Splat(a[6]));
                    s3 = P.DotSigned(s3, x, prepared, V.Splat(a[7]));
                }
            }
            else
            {
                s0 = F.Offset == 0 ? V.Zero : V.Splat(-F.Offset * sums[0]);
                s1 = F.Offset == 0 ? V.Zero : V.Splat(-F.Offset * sums[1]);
                s2 = F.Offset == 0 ? V.Zero : V.Splat(-F.Offset * sums[2]);
                s3 = F.Offset == 0 ? V.Zero : V.Splat(-F.Offset * sums[3]);
                for (var chain = 0; chain < 8; chain += F.Chain)
                {
                    V p0 = V.Zero, p1 = V.Zero, p2 = V.Zero, p3 = V.Zero;
                    for (var t = 0; t < F.Chain; t += 2, w += 2 * bytes, a += 8)
                    {
                        var x = V.Load(w);
                        p0 = P.Dot(p0, x, V.Splat(a[0]));
                        p1 = P.Dot(p1, x, V.Splat(a[1]));
                        p2 = P.Dot(p2, x, V.Splat(a[2]));
                        p3 = P.Dot(p3, x, V.Splat(a[3]));
                        x = V.Load(w + bytes);
                        p0 = P.Dot(p0, x, V.Splat(a[4]));
                        p1 = P.Dot(p1, x, V.Splat(a[5]));
                        p2 = P.Dot(p2, x, V.Splat(a[6]));
                        p3 = P.Dot(p3, x, V.Splat(a[7]));
                    }
                    s0 = P.Fold(s0, p0);
                    s1 = P.Fold(s1, p1);
                    s2 = P.Fold(s2, p2);
                    s3 = P.Fold(s3, p3);
                }
            }
            var scale = V.Load(scales);
            y0 = V.Fma(V.ToFloat(s0), V.Multiply(scale, V.SplatFloat(d[0])), y0);
            y1 = V.Fma(V.ToFloat(s1), V.Multiply(scale, V.SplatFloat(d[1])), y1);
            y2 = V.Fma(V.ToFloat(s2), V.Multiply(scale, V.SplatFloat(d[2])), y2);
            y3 = V.Fma(V.ToFloat(s3), V.Multiply(scale, V.SplatFloat(d[3])), y3);
            if (F.HasMinimum)
            {
                var minimum = V.Load(scales + bytes);
                y0 = V.Fma(minimum, V.SplatFloat(d[0] * sums[0]), y0);
                y1 = V.Fma(minimum, V.SplatFloat(d[1] * sums[1]), y1);
                y2 = V.Fma(minimum, V.SplatFloat(d[2] * sums[2]), y2);
                y3 = V.Fma(minimum, V.SplatFloat(d[3] * sums[3]), y3);
            }
        }
        y0.Store(piece.Y);
        y1.Store(piece.Y + bytes);
        y2.Store(piece.Y + 2 * bytes);
        y3.Store(piece.Y + 3 * bytes);
    }
}
