using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Softmax(Tensor x, Tensor y, bool log) =>
        ByRows(x.Shape.Rows, x.Shape.Last, new SoftmaxJob { X = x.F32, Y = y.F32, Width = x.Shape.Last, Log = log });

    /// <inheritdoc/>
    public override void SoftmaxBackward(Tensor dy, Tensor y, bool log, GradientTarget dx)
    {
        if (dx.Wanted)
            ByRows(y.Shape.Rows, y.Shape.Last,
                new SoftmaxBackwardJob { Dy = dy.F32, Y = y.F32, Dx = dx.Tensor.F32, Width = y.Shape.Last, Log = log, Add = dx.Add });
    }

    struct SoftmaxJob : IRowJob
    {
        public float* X, Y;
        public int Width;
        public bool Log;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            float* x = X + (nint)row * Width, y = Y + (nint)row * Width;
            var max = Row.Max<V>(x, Width);
            var sum = Row.Sum<V, Exponential>(new Exponential(max, 1, 0), x, x, Width);
            if (Log) // two subtractions: log Σ e^(x - max) keeps its digits if the logits are large
                Row.Map<V, LogSoftmaxOf>(new LogSoftmaxOf(max, (float)Math.Log(sum)), x, x, y, Width, false);
            else
                Row.Map<V, Exponential>(new Exponential(max, (float)(1 / sum), 0), x, x, y, Width, false);
        }
    }

    struct SoftmaxBackwardJob : IRowJob
    {
        public float* Dy, Y, Dx;
        public int Width;
        public bool Log, Add;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var at = (nint)row * Width;
            float* dy = Dy + at, y = Y + at;
            if (Log)
                Row.Map<V, LogSoftmaxGradient>(new LogSoftmaxGradient((float)Row.Sum<V, Identity>(default, dy, dy, Width)), dy, y, Dx + at, Width, Add);
            else
                Row.Map<V, SoftmaxGradient>(new SoftmaxGradient((float)Row.Sum<V, Product>(default, dy, y, Width)), dy, y, Dx + at, Width, Add);
        }
    }

    readonly struct LogSoftmaxOf(float max, float logSum) : IRowFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Of<V>(V x, V b) where V : struct, ILanes<V> => x - V.Broadcast(max) - V.Broadcast(logSum);
    }

    readonly struct LogSoftmaxGradient(float sum) : IRowFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Of<V>(V dy, V y) where V : struct, ILanes<V> => V.Fma(VectorMath.Exp(y), V.Broadcast(-sum), dy);
    }

    readonly struct SoftmaxGradient(float dot) : IRowFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Of<V>(V dy, V y) where V : struct, ILanes<V> => y * (dy - V.Broadcast(dot));
    }
}
