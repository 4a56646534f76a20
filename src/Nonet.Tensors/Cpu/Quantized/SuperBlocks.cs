using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Bit layout of a format with blocks of 256 elements, in parts with a scale s each: d s (q - z), or d s q - m n.</summary>
interface ISuperBlock
{
    static abstract int Bytes { get; }

    /// <summary>Four-byte words of integers per block.</summary>
    static abstract int Words { get; }

    /// <summary>Number of parts in a block: 8 or 16.</summary>
    static abstract int Parts { get; }

    /// <summary>Number of words of four elements that can be multiplied before 16-bit sums could overflow: 8, 4 or 2, and no more than a part has.</summary>
    static abstract int Chain { get; }

    /// <summary>Whether parts have minima n. Otherwise z is 1 &lt;&lt; <see cref="OffsetBits"/>.</summary>
    static abstract bool HasMinimum { get; }
    static abstract int OffsetBits { get; }

    /// <summary>Whether s is signed.</summary>
    static abstract bool IsSigned { get; }

    /// <summary>Half-precision d in the lower half, m in the upper half.</summary>
    static abstract unsafe uint Scales(byte* block);

    /// <summary>Writes the scales s and the minima n of all parts.</summary>
    static abstract unsafe void Parse(byte* block, byte* scales, byte* minima);

    /// <summary>Writes the integers, <paramref name="stride"/> words from one word to the next.</summary>
    static abstract unsafe void Take(byte* block, uint* words, int stride);

    /// <summary>Sums the products of a block, in the layout of the panel, and one row of activations. Each part is multiplied by its scale.</summary>
    /// <param name="words">The integers.</param>
    /// <param name="side">The scales of the parts, after the integers.</param>
    /// <param name="a">The activations.</param>
    /// <param name="bytes">Bytes of the block in the panel; as many are prefetched. A constant.</param>
    static abstract unsafe V One<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V>;

    /// <summary>Expands the words of a block to 64 registers.</summary>
    static abstract unsafe void Expand<V>(byte* words, byte* to) where V : struct, IIntLanes<V>;
}

/// <summary>
/// For each block, the products of integers and scales are summed exactly. The sum times both d is added to one chain of fused multiply-adds, in the
/// order of the blocks.
/// </summary>
readonly unsafe struct SuperBlocks<F> : IPanelBlocks where F : struct, ISuperBlock
{
    const int MostParts = 16;

    public static int Elements => 256;
    public static int Bytes => F.Bytes;
    public static int Words => F.Words;
    public static int SideBytes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => F.HasMinimum ? 2 * F.Parts + 4 : F.Parts + 2; }
    public static int Sums => F.Parts / 2;

    /// <summary>Registers of scales: scales of the parts, pairs that multiply the sums of activations, d, and m if there are minima.</summary>
    public static int Scales { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => F.Parts + F.Parts / 2 + (F.HasMinimum ? 2 : 1); }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Take(byte* block, uint* words, byte* side, int row, int rows)
    {
        F.Take(block, words, rows);
        byte* scales = stackalloc byte[MostParts], minima = stackalloc byte[MostParts];
        F.Parse(block, scales, minima);
        for (var part = 0; part < F.Parts; part++)
        {
            var place = (part / 2 * rows + row) * 2 + part % 2;
            side[place] = scales[part];
            if (F.HasMinimum)
                side[F.Parts * rows + place] = minima[part];
        }
        var d = F.Scales(block);
        var last = (ushort*)(side + (F.HasMinimum ? 2 : 1) * F.Parts * rows);
        last[row] = (ushort)d;
        if (F.HasMinimum)
            last[rows + row] = (ushort)(d >> 16);
        return F16.IsFinite(d) && (!F.HasMinimum || F16.IsFinite(d >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static byte* Expand<V, P>(byte* words, byte* side, int blocks, byte* integers, byte* scales) where V : struct, IIntLanes<V> where P : struct,
    IProducts<V>
    {
        var bytes = 4 * V.Rows;
        F.Expand<V>(words, integers);
        for (var pair = 0; pair < F.Parts / 2; pair++, side += 2 * V.Rows)
        {
            var two = F.IsSigned ? V.WidenSigned(side) : V.WidenUnsigned(side);
            P.First(two).Store(scales + 2 * pair * bytes);
            P.Second(two).Store(scales + (2 * pair + 1) * bytes);
            (F.HasMinimum ? V.WidenUnsigned(side + F.Parts * V.Rows) : two).Store(scales + (F.Parts + pair) * bytes);
        }
        scales += (F.Parts + F.Parts / 2) * bytes;
        if (F.HasMinimum)
        {
            side += F.Parts * V.Rows;
            V.Halves(side + 2 * V.Rows).Store(scales + bytes);
        }
        V.Halves(side).Store(scales);
        return integers;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Round(float* x, sbyte* q, int* sums)
    {
        var d = Rounding256.Round(x, q);
        var width = 256 / F.Parts;
        for (var pair = 0; pair < F.Parts / 2; pair++, q += 2 * width)
        {
            var (first, second) = F.Parts == 8 ? (ByteSums.Of32(q), ByteSums.Of32(q + width)) : (ByteSums.Of16(q), ByteSums.Of16(q + width));
            sums[pair] = first & 0xffff | second << 16;
        }
        return d;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One<V, P>(in PanelPiece piece, byte* words, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
    {
        var integers = F.Words * 4 * V.Rows;
        var bytes = integers + PanelPiece.SideBytes<V>(F.HasMinimum ? 2 * F.Parts + 4 : F.Parts + 2);
        var a = (int*)piece.A;
        var sums = piece.Sums;
        var y = V.Load(piece.Y);
        for (var b = 0; b < blocks; b++, words += bytes, a += 64, sums += F.Parts / 2)
        {
            var side = words + integers;
            var sum = F.One<V, P>(words, side, a, bytes);
            var offset = V.Zero;
            var pairs = F.HasMinimum ? side + F.Parts * V.Rows : side;
            for (var pair = 0; pair < F.Parts / 2; pair++, pairs += 2 * V.Rows)
                offset = P.DotPairs(offset, F.IsSigned ? V.WidenSigned(pairs) : V.WidenUnsigned(pairs), V.Splat(sums[pair]));
            var d = piece.Scales[b];
            if (!F.HasMinimum)
                sum -= offset << F.OffsetBits;
            y = V.Fma(V.ToFloat(sum), V.Multiply(V.Halves(pairs), V.SplatFloat(d)), y);
            if (F.HasMinimum)
                y = V.Fma(V.ToFloat(offset), V.Multiply(V.Halves(pairs + 2 * V.Rows), V.SplatFloat(-d)), y);
        }
        y.Store(piece.Y);
    }

    /// <summary>For formats without a faster way: expands the block, then multiplies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Expanded<V, P>(byte* words, byte* side, int* a, int bytes) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
    {
        Prefetch.All(words + Prefetch.Ahead, bytes);
        var w = stackalloc byte[64 * 64];
        F.Expand<V>(words, w);
        var sum = V.Zero;
        for (var pair = 0; pair < F.Parts / 2; pair++, side += 2 * V.Rows)
        {
            var scales = F.IsSigned ? V.WidenSigned(side) : V.WidenUnsigned(side);
            sum = Part<V, P>(sum, ref w, ref a, P.First(scales));
            sum = Part<V, P>(sum, ref w, ref a, P.Second(scales));
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Part<V, P>(V sum, ref byte* w, ref int* a, V scale) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
    {
        var bytes = 4 * V.Rows;
        for (var chain = 0; chain < 64 / F.Parts; chain += F.Chain)
        {
            var part = V.Zero;
            for (var t = 0; t < F.Chain; t += 2, w += 2 * bytes, a += 2)
            {
                part = P.Dot(part, V.Load(w), V.Splat(a[0]));
                part = P.Dot(part, V.Load(w + bytes), V.Splat(a[1]));
            }
            sum = P.Fold(sum, part, scale);
        }
        return sum;
    }

    /// <summary>y += d dₐ sum, minus the contribution of the minima or of z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add<V>(V sum, V offset, byte* scales, float d, byte* y) where V : struct, IIntLanes<V>
    {
        if (!F.HasMinimum)
            sum -= offset << F.OffsetBits;
        var result = V.Fma(V.ToFloat(sum), V.Multiply(V.Load(scales), V.SplatFloat(d)), V.Load(y));
        if (F.HasMinimum)
            result = V.Fma(V.ToFloat(offset), V.Multiply(V.Load(scales + 4 * V.Rows), V.SplatFloat(-d)), result);
        result.Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four<V, P>(in PanelPiece piece, int blocks) where V : struct, IIntLanes<V> where P : struct, IProducts<V>
    {
        var bytes = 4 * V.Rows;
        byte* w = piece.Integers, scales = piece.WeightScales;
        var a = (int*)piece.A;
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        for (var part = 0; part < F.Parts; part++)
        {
            var scale = V.Load(scales + part * bytes);
            for (var chain = 0; chain < 64 / F.Parts; chain += F.Chain)
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
                s0 = P.Fold(s0, p0, scale);
                s1 = P.Fold(s1, p1, scale);
                s2 = P.Fold(s2, p2, scale);
                s3 = P.Fold(s3, p3, scale);
            }
        }
        V o0 = V.Zero, o1 = V.Zero, o2 = V.Zero, o3 = V.Zero;
        var pairs = scales + F.Parts * bytes;
        var sums = piece.Sums;
        for (var pair = 0; pair < F.Parts / 2; pair++, sums += 4)
        {
            var x = V.Load(pairs + pair * bytes);
            o0 = P.DotPairs(o0, x, V.Splat(sums[0]));
            o1 = P.DotPairs(o1, x, V.Splat(sums[1]));
            o2 = P.DotPairs(o2, x, V.Splat(sums[2]));
            o3 = P.DotPairs(o3, x, V.Splat(sums[3]));
        }
        var last = pairs + F.Parts / 2 * bytes;
        Add(s0, o0, last, piece.Scales[0], piece.Y);
        Add(s1, o1, last, piece.Scales[1], piece.Y + bytes);
        Add(s2, o2, last, piece.Scales[2], piece.Y + 2 * bytes);
        Add(s3, o3, last, piece.Scales[3], piece.Y + 3 * bytes);
    }
}
