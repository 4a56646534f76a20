using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <summary>Columns that one thread sums: two cache lines, so that threads share no cache line if rows are aligned.</summary>
    const int EmbeddingColumns = 32;

    /// <inheritdoc/>
    public override void Embedding(Tensor w, Indices ids, Tensor y)
    {
        int rows = ids.Count, width = w.Shape[1];
        switch (w.DType)
        {
            case DType.F32: ByRows(rows, width, new GatherJob { W = w.F32, Ids = ids.I32, Y = y.F32, Width = width }); break;
            case DType.BF16: ByRows(rows, width, new GatherBF16Job { W = w.Data<ushort>(), Ids = ids.I32, Y = y.F32, Width = width }); break;
            case DType.F16: ByRows(rows, width, new GatherF16Job { W = w.Data<ushort>(), Ids = ids.I32, Y = y.F32, Width = width }); break;
            default: ByRows(rows, width, new GatherBlocksJob { W = w.Bytes, Type = w.DType, Ids = ids.I32, Y = y.F32, Width = width }); break;
        }
    }

    /// <inheritdoc/>
    public override void EmbeddingBackward(Tensor dy, Indices ids, GradientTarget dw)
    {
        if (!dw.Wanted)
            return;
        if (!dw.Add)
            Fill(dw.Tensor, 0);
        var width = dw.Tensor.Shape[1];
        For((width + EmbeddingColumns - 1) / EmbeddingColumns,
            new ScatterAddJob { Dy = dy.F32, Ids = ids.I32, Dw = dw.Tensor.F32, Rows = ids.Count, Width = width });
    }

    struct GatherJob : IRowJob
    {
        public float* W, Y;
        public int* Ids;
        public int Width;

        public readonly void Run<V>(int row) where V : struct, ILanes<V> =>
            new ReadOnlySpan<float>(W + (nint)Ids[row] * Width, Width).CopyTo(new Span<float>(Y + (nint)row * Width, Width));
    }

    struct GatherBF16Job : IRowJob
    {
        public ushort* W;
        public float* Y;
        public int* Ids;
        public int Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var w = W + (nint)Ids[row] * Width;
            var y = Y + (nint)row * Width;
            var i = 0;
            for (; i <= Width - V.Count; i += V.Count)
                V.LoadBF16(w + i).Store(y + i);
            for (; i < Width; i++)
                y[i] = Rounding.FromBF16(w[i]);
        }
    }

    struct GatherF16Job : IRowJob
    {
        public ushort* W;
        public float* Y;
        public int* Ids;
        public int Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var w = W + (nint)Ids[row] * Width;
            var y = Y + (nint)row * Width;
            var i = 0;
            for (; i <= Width - V.Count; i += V.Count)
                V.LoadF16(w + i).Store(y + i);
            for (; i < Width; i++)
                y[i] = (float)BitConverter.UInt16BitsToHalf(w[i]);
        }
    }

    struct GatherBlocksJob : IRowJob
    {
        public byte* W;
        public DType Type;
        public float* Y;
        public int* Ids;
        public int Width;

        public readonly void Run<V>(int row) where V : struct, ILanes<V> => Pack.Decode(Type, W, (nint)Ids[row] * Width, Y + (nint)row * Width, Width);
    }

    /// <summary>A range of columns of every row, summed in the order of the ids, so the sums do not depend on the thread.</summary>
    struct ScatterAddJob : ILaneJob
    {
        public float* Dy, Dw;
        public int* Ids;
        public int Rows, Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var start = i * EmbeddingColumns;
            var count = Math.Min(EmbeddingColumns, Width - start);
            for (var row = 0; row < Rows; row++)
            {
                var dy = Dy + (nint)row * Width + start;
                var dw = Dw + (nint)Ids[row] * Width + start;
                var c = 0;
                for (; c <= count - V.Count; c += V.Count)
                    (V.Load(dw + c) + V.Load(dy + c)).Store(dw + c);
                for (; c < count; c++)
                    dw[c] += dy[c];
            }
        }
    }
}
