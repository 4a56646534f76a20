using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Sums of signed bytes.</summary>
static unsafe class ByteSums
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of16(sbyte* q)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(q));
        return Vector128.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of32(sbyte* q)
    {
        var (low, high) = Vector256.Widen(Vector256.Load(q));
        return Vector256.Sum(low + high);
    }
}
