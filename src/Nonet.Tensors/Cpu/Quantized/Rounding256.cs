using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// Rounds blocks of 256 activations. With m the first value of the largest magnitude: q = x · (-127 / m), to nearest, ties to even, and d = 1 / (-127
/// / m).
/// </summary>
static unsafe class Rounding256
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Round(float* x, sbyte* q)
    {
        var mask = Vector256.Create(int.MaxValue);
        var largest = Vector256<int>.Zero;
        for (var i = 0; i < 256; i += 8)
            largest = Vector256.Max(largest, Vector256.Load(x + i).AsInt32() & mask); // as an integer, a NaN is above every number
        var half = Vector128.Max(largest.GetLower(), largest.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        var most = Math.Max(half[0], half[1]);
        if (most == 0 || !float.IsFinite(BitConverter.Int32BitsToSingle(most)))
        {
            new Span<sbyte>(q, 256).Clear();
            return most == 0 ? 0 : float.NaN;
        }
        var first = 0;
        while ((BitConverter.SingleToInt32Bits(x[first]) & int.MaxValue) != most)
            first++;
        var scale = -127 / x[first];
        var inverse = Vector256.Create(scale);
        for (var i = 0; i < 256; i += 32)
        {
            var low = Vector256.Narrow(Rounding32.Whole(Vector256.Load(x + i), inverse), Rounding32.Whole(Vector256.Load(x + i + 8), inverse));
            var high = Vector256.Narrow(Rounding32.Whole(Vector256.Load(x + i + 16), inverse), Rounding32.Whole(Vector256.Load(x + i + 24), inverse));
            Vector256.Narrow(low, high).Store(q + i);
        }
        return 1 / scale;
    }
}
