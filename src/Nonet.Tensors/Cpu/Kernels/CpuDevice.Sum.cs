using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Sum(Tensor x, double scale, Tensor y)
    {
        var parts = checked((int)y.Elements);
        var width = parts == 0 ? 0 : x.Elements / parts;
        if (width <= ChunkElements)
        {
            ByRows(parts, width, new RowSumJob { X = x.F32, Y = y.F32, Width = (int)width, Scale = scale });
            return;
        }
        var chunks = checked((int)((width + ChunkElements - 1) / ChunkElements));
        using var scratch = new Scratch(this, 2L * parts * chunks);
        var sums = (double*)scratch.F32;
        For(checked(parts * chunks), new ChunkSumJob { X = x.F32, Sums = sums, Width = width, Chunks = chunks });
        for (var part = 0; part < parts; part++)
            y.F32[part] = (float)(scale * Total(sums + (nint)part * chunks, chunks));
    }

    /// <inheritdoc/>
    public override void SumBackward(Tensor dy, double scale, GradientTarget dx)
    {
        if (!dx.Wanted || dy.Elements == 0)
            return;
        var x = dx.Tensor;
        Chunked(x.Elements, new SpreadJob { Dy = dy.F32, Dx = x.F32, Width = x.Elements / dy.Elements, Scale = (float)scale, Add = dx.Add });
    }

    /// <inheritdoc/>
    public override void MaskedMean(Tensor x, Tensor mask, Tensor y, Tensor weight)
    {
        var chunks = checked((int)((x.Elements + ChunkElements - 1) / ChunkElements));
        using var scratch = new Scratch(this, 4L * chunks);
        double* sums = (double*)scratch.F32, weights = sums + chunks;
        Chunked(x.Elements, new MaskedSumJob { X = x.F32, Mask = mask.F32, Sums = sums, Weights = weights });
        var total = Total(weights, chunks);
        weight.F32[0] = (float)total;
        y.F32[0] = weight.F32[0] == 0 ? 0 : (float)(Total(sums, chunks) / total);
    }

    /// <inheritdoc/>
    public override void MaskedMeanBackward(Tensor dy, Tensor mask, Tensor weight, GradientTarget dx)
    {
        if (!dx.Wanted)
            return;
        var scale = weight.F32[0] == 0 ? 0 : dy.F32[0] / weight.F32[0];
        Chunked(mask.Elements, new ScaleMaskJob { X = mask.F32, Y = dx.Tensor.F32, Scale = scale, Add = dx.Add });
    }

    static double Total(double* values, int count)
    {
        var total = 0.0;
        for (var i = 0; i < count; i++)
            total += values[i];
        return total;
    }

    struct RowSumJob : IRowJob
    {
        public float* X, Y;
        public int Width;
        public double Scale;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var x = X + (nint)row * Width;
            Y[row] = (float)(Scale * Row.Sum<V, Identity>(default, x, x, Width));
        }
    }

    struct ChunkSumJob : ILaneJob
    {
        public float* X;
        public double* Sums;
        public long Width;
        public int Chunks;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var start = (long)(i % Chunks) * ChunkElements;
            var x = X + i / Chunks * Width + start;
            Sums[i] = Row.Sum<V, Identity>(default, x, x, (int)Math.Min(ChunkElements, Width - start));
        }
    }

    struct SpreadJob : IChunkJob
    {
        public float* Dy, Dx;
        public long Width;
        public float Scale;
        public bool Add;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            for (var i = start; i < start + count;)
            {
                var row = i / Width;
                var end = Math.Min(start + count, (row + 1) * Width);
                var value = Scale * Dy[row];
                if (Add)
                    Row.Map<V, Constant>(new Constant(value), Dx + i, Dx + i, Dx + i, (int)(end - i), true);
                else
                    new Span<float>(Dx + i, (int)(end - i)).Fill(value);
                i = end;
            }
        }
    }

    struct MaskedSumJob : IChunkJob
    {
        public float* X, Mask;
        public double* Sums, Weights;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            Sums[start / ChunkElements] = Row.Sum<V, Masked>(default, X + start, Mask + start, count);
            Weights[start / ChunkElements] = Row.Sum<V, Identity>(default, Mask + start, Mask + start, count);
        }
    }

    struct ScaleMaskJob : IChunkJob
    {
        public float* X, Y;
        public float Scale;
        public bool Add;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> =>
            Row.Map<V, Scaled>(new Scaled(Scale), X + start, X + start, Y + start, count, Add);
    }

    readonly struct Constant(float value) : IRowFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Of<V>(V a, V b) where V : struct, ILanes<V> => V.Broadcast(value);
    }

    readonly struct Scaled(float scale) : IRowFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Of<V>(V a, V b) where V : struct, ILanes<V> => a * V.Broadcast(scale);
    }

    /// <summary>x · mask; 0 if the mask is 0, even if x is infinite or NaN.</summary>
    readonly struct Masked : IRowFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Of<V>(V x, V mask) where V : struct, ILanes<V> => V.Select(V.Less(default, V.Abs(mask)), x * mask, default);
    }
}
