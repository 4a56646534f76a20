using System.Numerics;
using System.Runtime.CompilerServices;
using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// A pseudo-random permutation of 0 .. n - 1 that is computed, not stored: a Feistel network over the next power of four. Values outside
/// the range are mapped again until one lies inside (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
/// </summary>
readonly struct KeyedPermutation
{
    const int Rounds = 8;

    [InlineArray(Rounds)]
    struct RoundKeys
    {
        uint first;
    }

    readonly RoundKeys keys;
    readonly int halfBits;

    public KeyedPermutation(RandomKey key, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        halfBits = Math.Max(1, (65 - BitOperations.LeadingZeroCount((ulong)(count - 1))) / 2);
        for (var i = 0; i < Rounds; i++)
            keys[i] = Philox.Word(key, (ulong)i);
    }

    public long Count { get; }

    /// <summary>Image of i.</summary>
    public long this[long i]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(i);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, Count);
            do
                i = Encrypt(i);
            while ((ulong)i >= (ulong)Count);
            return i;
        }
    }

    long Encrypt(long i)
    {
        var mask = (uint)((1UL << halfBits) - 1);
        var left = (uint)((ulong)i >> halfBits) & mask;
        var right = (uint)i & mask;
        for (var round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (Mix(right ^ keys[round]) & mask));
        return (long)(((ulong)left << halfBits) | right);
    }

    /// <summary>The finaliser of MurmurHash3.</summary>
    static uint Mix(uint h)
    {
        h = (h ^ (h >> 16)) * 0x85ebca6b;
        h = (h ^ (h >> 13)) * 0xc2b2ae35;
        return h ^ (h >> 16);
    }
}
