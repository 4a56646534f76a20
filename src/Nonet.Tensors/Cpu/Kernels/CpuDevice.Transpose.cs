using System.Numerics;
using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <summary>Side of the square that is transposed element by element: its rows and columns fit in the first-level cache.</summary>
    const int TransposeTile = 32;

    /// <inheritdoc/>
    public override void Transpose(Tensor x, AxisSwap swap, GradientTarget y)
    {
        if (!y.Wanted || x.Elements == 0)
            return;
        if (y.Add && x.DType != DType.F32)
            throw new ShapeException($"Transpose: adding {x.DType}; expected F32");
        switch (x.DType.Size())
        {
            case 4: Transpose<float>(x, swap, y); break;
            case 2: Transpose<ushort>(x, swap, y); break;
            case 1: Transpose<byte>(x, swap, y); break;
            default: throw new ShapeException($"Transpose: {x.DType} on device '{Name}'");
        }
    }

    void Transpose<T>(Tensor x, AxisSwap swap, GradientTarget y) where T : unmanaged, IAdditionOperators<T, T, T>
    {
        T* from = (T*)x.Bytes, to = (T*)y.Tensor.Bytes;
        if (swap.Inner > 1)
        {
            ByRows(checked(swap.Outer * swap.B * swap.Middle), (long)swap.A * swap.Inner,
                new TransposeRowsJob<T> { X = from, Y = to, Swap = swap, Add = y.Add });
            return;
        }
        var tiles = (swap.B + TransposeTile - 1) / TransposeTile;
        For(checked(swap.Outer * swap.Middle * tiles), new TransposeTilesJob<T> { X = from, Y = to, Swap = swap, Tiles = tiles, Add = y.Add });
    }

    /// <summary>Row (o, b, m) of the result: A runs of Inner elements.</summary>
    struct TransposeRowsJob<T> : IRowJob where T : unmanaged, IAdditionOperators<T, T, T>
    {
        public T* X, Y;
        public AxisSwap Swap;
        public bool Add;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            int m = row % Swap.Middle, b = row / Swap.Middle % Swap.B, o = row / Swap.Middle / Swap.B;
            var y = Y + (nint)row * Swap.A * Swap.Inner;
            for (var a = 0; a < Swap.A; a++, y += Swap.Inner)
            {
                var x = X + ((((nint)o * Swap.A + a) * Swap.Middle + m) * Swap.B + b) * Swap.Inner;
                if (Add)
                    Row.Map<V, Identity>(default, (float*)x, (float*)x, (float*)y, Swap.Inner, true);
                else
                    new ReadOnlySpan<T>(x, Swap.Inner).CopyTo(new Span<T>(y, Swap.Inner));
            }
        }
    }

    /// <summary>Rows [b, b + tile) of matrix (o, m), transposed in squares.</summary>
    struct TransposeTilesJob<T> : ILaneJob where T : unmanaged, IAdditionOperators<T, T, T>
    {
        public T* X, Y;
        public AxisSwap Swap;
        public int Tiles;
        public bool Add;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            int start = i % Tiles * TransposeTile, m = i / Tiles % Swap.Middle, o = i / Tiles / Swap.Middle;
            nint xStride = (nint)Swap.Middle * Swap.B, yStride = (nint)Swap.Middle * Swap.A;
            var x = X + o * Swap.A * xStride + (nint)m * Swap.B;
            var y = Y + o * Swap.B * yStride + (nint)m * Swap.A;
            var end = Math.Min(Swap.B, start + TransposeTile);
            for (var a0 = 0; a0 < Swap.A; a0 += TransposeTile)
            {
                var a1 = Math.Min(Swap.A, a0 + TransposeTile);
                for (var b = start; b < end; b++)
                {
                    var from = x + a0 * xStride + b;
                    var to = y + b * yStride;
                    for (var a = a0; a < a1; a++, from += xStride)
                        to[a] = Add ? to[a] + *from : *from;
                }
            }
        }
    }
}
