using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>Asks for weights ahead of their use. The processor foresees a stream of reads only as far as the end of a page.</summary>
static unsafe class Prefetch
{
    const int Ahead = 2048, Line = 64;

    /// <summary>Asks for the lines that lie <see cref="Ahead"/> of some bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(byte* x, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(x + Ahead);
        if (bytes > Line)
            Sse.Prefetch0(x + Ahead + Line);
        if (bytes > 2 * Line)
            Sse.Prefetch0(x + Ahead + 2 * Line);
        if (bytes > 3 * Line)
            Sse.Prefetch0(x + Ahead + 3 * Line);
        if (bytes > 4 * Line)
            Sse.Prefetch0(x + Ahead + 4 * Line);
        if (bytes > 5 * Line)
            Sse.Prefetch0(x + Ahead + 5 * Line);
        if (bytes > 6 * Line)
            Sse.Prefetch0(x + Ahead + 6 * Line);
        if (bytes > 7 * Line)
            Sse.Prefetch0(x + Ahead + 7 * Line);
    }
}
