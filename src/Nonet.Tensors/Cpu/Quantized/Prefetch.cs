using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// Prefetches weights into the second-level cache. The hardware prefetcher stops at the end of a page, and does not read far enough ahead to keep
/// memory busy.
/// </summary>
static unsafe class Prefetch
{
    /// <summary>Distance in bytes from the weights in use to the prefetched ones.</summary>
    public const int Ahead = 16384;

    const int Line = 64;

    /// <summary>Prefetches the cache lines of at most 1,024 bytes; the number must be a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(byte* x, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(x);
        if (bytes > Line)
            Sse.Prefetch1(x + Line);
        if (bytes > 2 * Line)
            Sse.Prefetch1(x + 2 * Line);
        if (bytes > 3 * Line)
            Sse.Prefetch1(x + 3 * Line);
        if (bytes > 4 * Line)
            Sse.Prefetch1(x + 4 * Line);
        if (bytes > 5 * Line)
            Sse.Prefetch1(x + 5 * Line);
        if (bytes > 6 * Line)
            Sse.Prefetch1(x + 6 * Line);
        if (bytes > 7 * Line)
            Sse.Prefetch1(x + 7 * Line);
        if (bytes > 8 * Line)
            Sse.Prefetch1(x + 8 * Line);
        if (bytes > 9 * Line)
            Sse.Prefetch1(x + 9 * Line);
        if (bytes > 10 * Line)
            Sse.Prefetch1(x + 10 * Line);
        if (bytes > 11 * Line)
            Sse.Prefetch1(x + 11 * Line);
        if (bytes > 12 * Line)
            Sse.Prefetch1(x + 12 * Line);
        if (bytes > 13 * Line)
            Sse.Prefetch1(x + 13 * Line);
        if (bytes > 14 * Line)
            Sse.Prefetch1(x + 14 * Line);
        if (bytes > 15 * Line)
            Sse.Prefetch1(x + 15 * Line);
    }

    /// <summary>Prefetches the cache lines of any number of bytes.</summary>
    public static void All(byte* x, long bytes)
    {
        if (!Sse.IsSupported)
            return;
        for (var end = x + bytes; x < end; x += Line)
            Sse.Prefetch1(x);
    }
}
