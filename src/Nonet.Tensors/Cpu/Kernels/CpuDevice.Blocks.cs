using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void CopyBlocks(Tensor x, Blocks from, GradientTarget y, Blocks to, Extents extents)
    {
        if (!y.Wanted || extents.Count == 0 || extents.Length == 0)
            return;
        var size = x.DType.Size();
        if (y.Add && x.DType != DType.F32)
            throw new ShapeException($"CopyBlocks: adding {x.DType}; expected F32");
        var share = (int)Math.Max(1, ChunkElements / extents.Length);
        var chunks = checked((int)((extents.Length + ChunkElements - 1) / ChunkElements));
        For(chunks > 1 ? checked(extents.Count * chunks) : (extents.Count + share - 1) / share, new BlockJob
        {
            X = x.Bytes + from.Offset * size,
            Y = y.Tensor.Bytes + to.Offset * size,
            XStride = from.Stride * size,
            YStride = to.Stride * size,
            Extents = extents,
            Size = size,
            Share = share,
            Chunks = chunks,
            Add = y.Add,
        });
    }

    /// <summary>A share of the blocks, or one chunk of a long block.</summary>
    struct BlockJob : ILaneJob
    {
        public byte* X, Y;
        public long XStride, YStride;
        public Extents Extents;
        public int Size, Share, Chunks;
        public bool Add;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            if (Chunks > 1)
            {
                var start = (long)(i % Chunks) * ChunkElements;
                Move<V>(X + i / Chunks * XStride + start * Size, Y + i / Chunks * YStride + start * Size, (int)Math.Min(ChunkElements, Extents.Length - start));
                return;
            }
            var end = Math.Min(Extents.Count, (i + 1) * Share);
            for (var block = i * Share; block < end; block++)
                Move<V>(X + block * XStride, Y + block * YStride, (int)Extents.Length);
        }

        readonly void Move<V>(byte* x, byte* y, int count) where V : struct, ILanes<V>
        {
            if (Add)
                Row.Map<V, Identity>(default, (float*)x, (float*)x, (float*)y, count, true);
            else
                new ReadOnlySpan<byte>(x, count * Size).CopyTo(new Span<byte>(y, count * Size));
        }
    }
}
