using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <summary>
    /// Measures the bytes per second that all threads together read from memory: the best of several passes over a buffer that no cache holds.
    /// </summary>
    public double MeasureReadBandwidth()
    {
        const long Bytes = 256L << 20;
        const int Pieces = 256, Passes = 8;
        using var buffer = Empty(new Shape((int)(Bytes / sizeof(float)))).Unscoped();
        using var sums = Empty(new Shape(Pieces)).Unscoped();
        Fill(buffer, 1);
        var best = double.PositiveInfinity;
        for (var pass = 0; pass < Passes; pass++)
        {
            var start = Stopwatch.GetTimestamp();
            For(Pieces, new ReadJob { X = buffer.Bytes, Bytes = Bytes / Pieces, Sums = sums.F32 });
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return Bytes / best;
    }

    struct ReadJob : ILaneJob
    {
        public byte* X;
        public long Bytes;
        public float* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var x = X + i * Bytes;
            Vector256<int> s = default, t = default;
            for (var b = 0L; b < Bytes; b += 64)
            {
                s ^= Vector256.Load((int*)(x + b));
                t ^= Vector256.Load((int*)(x + b + 32));
            }
            Sums[i] = Vector256.Sum(s ^ t);
        }
    }
}
