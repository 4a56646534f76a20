using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// Rounds blocks of 32 activations: d = max |x| / 127 and q = x · (127 / max |x|), to nearest, ties to even. d is rounded to half precision
/// afterwards.
/// </summary>
static unsafe class Rounding32
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Round(float* x, sbyte* q)
    {
        Vector256<float> x0 = Vector256.Load(x), x1 = Vector256.Load(x + 8), x2 = Vector256.Load(x + 16), x3 = Vector256.Load(x + 24);
        var mask = Vector256.Create(int.MaxValue);
        // as an integer, a NaN is above every number
        var largest = Vector256.Max(Vector256.Max(x0.AsInt32() & mask, x1.AsInt32() & mask), Vector256.Max(x2.AsInt32() & mask, x3.AsInt32() & mask));
        var half = Vector128.Max(largest.GetLower(), largest.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        var most = BitConverter.Int32BitsToSingle(Math.Max(half[0], half[1]));
        if (!float.IsFinite(most))
        {
            Vector256<sbyte>.Zero.Store(q);
            return float.NaN;
        }
        var inverse = Vector256.Create(most == 0 ? 0 : 127 / most);
        var low = Vector256.Narrow(Whole(x0, inverse), Whole(x1, inverse));
        Vector256.Narrow(low, Vector256.Narrow(Whole(x2, inverse), Whole(x3, inverse))).Store(q);
        return (float)(Half)(most / 127);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Whole(Vector256<float> x, Vector256<float> inverse) => Vector256.ConvertToInt32(Vector256.Round(x * inverse));
}
