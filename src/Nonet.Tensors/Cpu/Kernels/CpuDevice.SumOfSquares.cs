using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override double SumOfSquares(Tensor x)
    {
        var chunks = checked((int)((x.Elements + ChunkElements - 1) / ChunkElements));
        using var partials = Empty(new Shape(chunks), DType.F64);
        Chunked(x.Elements, new SumOfSquaresJob { X = x.F32, Partials = partials.F64 });
        var sum = 0.0;
        for (var i = 0; i < chunks; i++)
            sum += partials.F64[i];
        return sum;
    }

    struct SumOfSquaresJob : IChunkJob
    {
        public float* X;
        public double* Partials;

        /// <summary>The square of a float is exact in double, so a fused and a separate multiply and add give the same bits, at every register width.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            var x = X + start;
            Vector256<double> a = default, b = default, c = default, d = default;
            var i = 0;
            for (; i <= count - 16; i += 16)
            {
                var (x0, x1) = Vector256.Widen(Vector256.Load(x + i));
                var (x2, x3) = Vector256.Widen(Vector256.Load(x + i + 8));
                a += x0 * x0;
                b += x1 * x1;
                c += x2 * x2;
                d += x3 * x3;
            }
            var sum = Vector256.Sum(a + b + (c + d));
            for (; i < count; i++)
                sum += (double)x[i] * x[i];
            Partials[start / ChunkElements] = sum;
        }
    }
}
