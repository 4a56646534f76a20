using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// Computes <see cref="Philox.UnitFloat"/> for a range of elements: 16 at a time with 256-bit registers, 32 with 512-bit registers. All machines give
/// the same numbers.
/// </summary>
static unsafe class VectorPhilox
{
    /// <summary>to[i] = UnitFloat(key, start + i).</summary>
    public static void UnitFloats(RandomKey key, ulong start, int count, float* to)
    {
        var i = 0;
        for (; i < count && ((start + (ulong)i) & 3) != 0; i++)
            to[i] = Philox.UnitFloat(key, start + (ulong)i);
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            var groups = (count - i) / 32;
            WideGroups(key, (start + (ulong)i) >> 2, groups, to + i);
            i += groups * 32;
        }
        if (Vector256.IsHardwareAccelerated)
        {
            var groups = (count - i) / 16;
            Groups(key, (start + (ulong)i) >> 2, groups, to + i);
            i += groups * 16;
        }
        for (; i <= count - 4; i += 4)
        {
            var (a, b, c, d) = Philox.Block(key, (start + (ulong)i) >> 2);
            to[i] = (a >> 8) * (1f / 16777216);
            to[i + 1] = (b >> 8) * (1f / 16777216);
            to[i + 2] = (c >> 8) * (1f / 16777216);
            to[i + 3] = (d >> 8) * (1f / 16777216);
        }
        for (; i < count; i++)
            to[i] = Philox.UnitFloat(key, start + (ulong)i);
    }

    /// <summary>
    /// Four blocks at a time, one in each 64-bit lane. Only the low halves of the lanes matter: a product reads nothing else of its factors, and what
    /// shifts, exclusive ors and sums leave in the high halves never moves into the low halves.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Groups(RandomKey key, ulong block, int groups, float* to)
    {
        var low = Vector256.Create(0xffffffffUL);
        for (var g = 0; g < groups; g++, block += 4, to += 16)
        {
            var index = Vector256.Create(block) + Vector256.Create(0UL, 1, 2, 3);
            var c0 = index;
            var c1 = index >> 32;
            var c2 = Vector256.Create((ulong)key.Step);
            var c3 = Vector256.Create((ulong)key.Site);
            var k0 = Vector256.Create(key.Seed);
            var k1 = Vector256.Create(key.Seed >> 32);
            for (var round = 0; round < 10; round++)
            {
                var p0 = Product(c0, 0xD2511F53);
                var p1 = Product(c2, 0xCD9E8D57);
                c0 = (p1 >> 32) ^ c1 ^ k0;
                c1 = p1;
                c2 = (p0 >> 32) ^ c3 ^ k1;
                c3 = p0;
                k0 += Vector256.Create(0x9E3779B9UL);
                k1 += Vector256.Create(0xBB67AE85UL);
            }
            // Words a, b and c, d of each block side by side, then the pairs in turn.
            var ab = (c0 & low) | (c1 << 32);
            var cd = (c2 & low) | (c3 << 32);
            var odd = Vector256.Create(0UL, ulong.MaxValue, 0, ulong.MaxValue);
            var first = Vector256.ConditionalSelect(odd, Vector256.Shuffle(cd, Vector256.Create(0UL, 0, 1, 1)),
                Vector256.Shuffle(ab, Vector256.Create(0UL, 0, 1, 1)));
            var second = Vector256.ConditionalSelect(odd, Vector256.Shuffle(cd, Vector256.Create(2UL, 2, 3, 3)),
                Vector256.Shuffle(ab, Vector256.Create(2UL, 2, 3, 3)));
            (Vector256.ConvertToSingle((first.AsUInt32() >> 8).AsInt32()) * Vector256.Create(1f / 16777216)).Store(to);
            (Vector256.ConvertToSingle((second.AsUInt32() >> 8).AsInt32()) * Vector256.Create(1f / 16777216)).Store(to + 8);
        }
    }

    /// <summary>The same for eight blocks at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void WideGroups(RandomKey key, ulong block, int groups, float* to)
    {
        var low = Vector512.Create(0xffffffffUL);
        var odd = Vector512.Create(0UL, ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue);
        for (var g = 0; g < groups; g++, block += 8, to += 32)
        {
            var index = Vector512.Create(block) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
            var c0 = index;
            var c1 = index >> 32;
            var c2 = Vector512.Create((ulong)key.Step);
            var c3 = Vector512.Create((ulong)key.Site);
            var k0 = Vector512.Create(key.Seed);
            var k1 = Vector512.Create(key.Seed >> 32);
            for (var round = 0; round < 10; round++)
            {
                var p0 = Avx512F.Multiply(c0.AsUInt32(), Vector512.Create(0xD2511F53UL).AsUInt32());
                var p1 = Avx512F.Multiply(c2.AsUInt32(), Vector512.Create(0xCD9E8D57UL).AsUInt32());
                c0 = (p1 >> 32) ^ c1 ^ k0;
                c1 = p1;
                c2 = (p0 >> 32) ^ c3 ^ k1;
                c3 = p0;
                k0 += Vector512.Create(0x9E3779B9UL);
                k1 += Vector512.Create(0xBB67AE85UL);
            }
            var ab = (c0 & low) | (c1 << 32);
            var cd = (c2 & low) | (c3 << 32);
            var lower = Vector512.Create(0UL, 0, 1, 1, 2, 2, 3, 3);
            var upper = Vector512.Create(4UL, 4, 5, 5, 6, 6, 7, 7);
            var first = Vector512.ConditionalSelect(odd, Vector512.Shuffle(cd, lower), Vector512.Shuffle(ab, lower));
            var second = Vector512.ConditionalSelect(odd, Vector512.Shuffle(cd, upper), Vector512.Shuffle(ab, upper));
            (Vector512.ConvertToSingle((first.AsUInt32() >> 8).AsInt32()) * Vector512.Create(1f / 16777216)).Store(to);
            (Vector512.ConvertToSingle((second.AsUInt32() >> 8).AsInt32()) * Vector512.Create(1f / 16777216)).Store(to + 16);
        }
    }

    /// <summary>Low half of each lane times a word, in 64 bits. The portable API multiplies whole lanes, several times slower.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<ulong> Product(Vector256<ulong> x, uint word) =>
        Avx2.IsSupported
            ? Avx2.Multiply(x.AsUInt32(), Vector256.Create((ulong)word).AsUInt32())
            : (x & Vector256.Create(0xffffffffUL)) * Vector256.Create((ulong)word);
}
