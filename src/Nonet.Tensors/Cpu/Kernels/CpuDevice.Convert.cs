using System.Runtime.CompilerServices;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void FillNormal(Tensor x, double mean, double deviation, RandomKey key)
    {
        if (x.DType == DType.F32)
            Chunked(x.Elements, new NormalJob { X = x.F32, Mean = mean, Deviation = deviation, Key = key });
        else
            base.FillNormal(x, mean, deviation, key);
    }

    /// <inheritdoc/>
    public override void FillTruncatedNormal(Tensor x, double mean, double deviation, double cut, RandomKey key)
    {
        if (x.DType == DType.F32)
            Chunked(x.Elements, new TruncatedNormalJob { X = x.F32, Mean = mean, Deviation = deviation, Cut = cut, Key = key });
        else
            base.FillTruncatedNormal(x, mean, deviation, cut, key);
    }

    /// <summary>A vector of weights, such as a bias or the gain of a norm, in F32. Checkpoints opened for inference may hold two-byte values.</summary>
    Tensor AsF32(Tensor w)
    {
        if (w.DType == DType.F32)
            return w;
        var copy = Empty(w.Shape);
        Copy(w, copy);
        return copy;
    }

    /// <summary>y = x between dtypes; in parallel if one side is F32 and the other a two-byte float, or if both types are the same.</summary>
    void Convert(Tensor x, Tensor y)
    {
        if (x.DType.IsQuantized() || y.DType.IsQuantized())
            ConvertBlocks(x, y);
        else if (x.DType == y.DType)
            Chunked(x.Elements, new CopyJob { X = x.Bytes, Y = y.Bytes, Size = x.DType.Size() });
        else if (x.DType is DType.BF16 or DType.F16 && y.DType == DType.F32)
            Chunked(x.Elements, new WidenJob { X = (ushort*)x.Bytes, Y = y.F32, IsBF16 = x.DType == DType.BF16 });
        else if (x.DType == DType.F32 && y.DType is DType.BF16 or DType.F16)
            Chunked(x.Elements, new NarrowJob { X = x.F32, Y = (ushort*)y.Bytes, IsBF16 = y.DType == DType.BF16 });
        else
        {
            for (var i = 0L; i < x.Elements; i++)
                y.SetValue(i, x.Value(i));
        }
    }

    /// <summary>Converts blocks to F32, or by way of F32 to another type. Converts F32 to blocks, and copies blocks of the same type.</summary>
    void ConvertBlocks(Tensor x, Tensor y)
    {
        y.Unpack();
        var chunks = checked((int)((x.Elements + ChunkElements - 1) / ChunkElements));
        if (x.DType == y.DType)
            Buffer.MemoryCopy(x.Bytes, y.Bytes, y.DType.Bytes(y.Elements), x.DType.Bytes(x.Elements));
        else if (y.DType == DType.F32)
            For(chunks, new DecodeJob { Type = x.DType, X = x.Bytes, Y = y.F32, Elements = x.Elements });
        else if (y.DType.IsQuantized())
            For(chunks, new EncodeJob { Type = y.DType, X = x.F32, Y = y.Bytes, Elements = x.Elements });
        else
        {
            using var wide = Empty(x.Shape, DType.F32);
            ConvertBlocks(x, wide);
            Convert(wide, y);
        }
    }

    struct DecodeJob : ILaneJob
    {
        public DType Type;
        public byte* X;
        public float* Y;
        public long Elements;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var start = (nint)i * ChunkElements;
            Pack.Decode(Type, X, start, Y + start, (int)Math.Min(ChunkElements, Elements - start));
        }
    }

    struct EncodeJob : ILaneJob
    {
        public DType Type;
        public float* X;
        public byte* Y;
        public long Elements;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var start = (nint)i * ChunkElements;
            var count = (int)Math.Min(ChunkElements, Elements - start);
            QuantizedFormats.Of(Type).Encode(new(X + start, count), new(Y + Type.Bytes(start), (int)Type.Bytes(count)));
        }
    }

    struct NormalJob : IChunkJob
    {
        public float* X;
        public double Mean, Deviation;
        public RandomKey Key;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            for (var i = start; i < start + count; i++)
                X[i] = (float)(Mean + Deviation * Philox.Normal(Key, (ulong)i));
        }
    }

    struct TruncatedNormalJob : IChunkJob
    {
        public float* X;
        public double Mean, Deviation, Cut;
        public RandomKey Key;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            for (var i = start; i < start + count; i++)
                X[i] = (float)(Mean + Deviation * Philox.TruncatedNormal(Key, (ulong)i, Cut));
        }
    }

    struct CopyJob : IChunkJob
    {
        public byte* X, Y;
        public int Size;
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> =>
            Buffer.MemoryCopy(X + start * Size, Y + start * Size, (long)count * Size, (long)count * Size);
    }

    struct WidenJob : IChunkJob
    {
        public ushort* X;
        public float* Y;
        public bool IsBF16;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            var x = X + start;
            var y = Y + start;
            var i = 0;
            for (; i <= count - V.Count; i += V.Count)
                (IsBF16 ? V.LoadBF16(x + i) : V.LoadF16(x + i)).Store(y + i);
            for (; i < count; i++)
                y[i] = IsBF16 ? Rounding.FromBF16(x[i]) : (float)BitConverter.UInt16BitsToHalf(x[i]);
        }
    }

    struct NarrowJob : IChunkJob
    {
        public float* X;
        public ushort* Y;
        public bool IsBF16;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            var x = X + start;
            var y = Y + start;
            var i = 0;
            for (; IsBF16 && i <= count - V.Count; i += V.Count)
                V.Load(x + i).StoreBF16(y + i);
            for (; i < count; i++)
                y[i] = IsBF16 ? Rounding.ToBF16(x[i]) : BitConverter.HalfToUInt16Bits((Half)x[i]);
        }
    }
}
