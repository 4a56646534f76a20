using System.Numerics;

namespace Nonet.Inference.Constraints.Automata;

/// <summary>A set of byte values.</summary>
readonly record struct ByteSet(ulong A, ulong B, ulong C, ulong D)
{
    public static readonly ByteSet All = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    public bool IsEmpty => (A | B | C | D) == 0;

    public static ByteSet Of(byte value) => Range(value, value);

    public static ByteSet Range(int from, int to)
    {
        Span<ulong> words = stackalloc ulong[4];
        for (var b = from; b <= to; b++)
            words[b >> 6] |= 1UL << b;
        return new ByteSet(words[0], words[1], words[2], words[3]);
    }

    public static ByteSet Of(ReadOnlySpan<char> ascii)
    {
        var set = default(ByteSet);
        foreach (var c in ascii)
            set |= Of((byte)c);
        return set;
    }

    public bool Contains(byte value) => (value switch { < 64 => A, < 128 => B, < 192 => C, _ => D } >> value & 1) != 0;

    /// <summary>The smallest byte of the set, which must not be empty.</summary>
    public byte First => (byte)(
        A != 0 ? BitOperations.TrailingZeroCount(A) : B != 0 ? 64 + BitOperations.TrailingZeroCount(B) : C != 0 ? 128 + BitOperations.TrailingZeroCount(C)
        : 192 + BitOperations.TrailingZeroCount(D));

    public static ByteSet operator |(ByteSet x, ByteSet y) => new(x.A | y.A, x.B | y.B, x.C | y.C, x.D | y.D);

    public static ByteSet operator &(ByteSet x, ByteSet y) => new(x.A & y.A, x.B & y.B, x.C & y.C, x.D & y.D);

    public static ByteSet operator ~(ByteSet x) => new(~x.A, ~x.B, ~x.C, ~x.D);
}
