using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void AdamW(Tensor w, Tensor g, Tensor m, Tensor v, long start, long momentStart, long count, in AdamWUpdate update) =>
        Chunked(count, new AdamWJob
        {
            W = w.F32 + start,
            G = g.F32 + start,
            M = m.F32 + momentStart,
            V = v.F32 + momentStart,
            Scale = (float)update.GradientScale,
            Beta1 = (float)update.Beta1,
            Rest1 = (float)(1 - update.Beta1),
            Beta2 = (float)update.Beta2,
            Rest2 = (float)(1 - update.Beta2),
            Epsilon = (float)update.Epsilon,
            RootCorrection = (float)(1 / Math.Sqrt(update.Correction2)),
            Rate = (float)(-update.LearningRate / update.Correction1),
            Keep = (float)(1 - update.LearningRate * update.WeightDecay),
        });

    struct AdamWJob : IChunkJob
    {
        public float* W, G, M, V;
        public float Scale, Beta1, Rest1, Beta2, Rest2, Epsilon, RootCorrection, Rate, Keep;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<R>(long start, int count) where R : struct, ILanes<R>
        {
            float* w = W + start, g = G + start, m = M + start, v = V + start;
            R scale = R.Broadcast(Scale), beta1 = R.Broadcast(Beta1), rest1 = R.Broadcast(Rest1), beta2 = R.Broadcast(Beta2), rest2 = R.Broadcast(Rest2);
            R epsilon = R.Broadcast(Epsilon), correction = R.Broadcast(RootCorrection), rate = R.Broadcast(Rate), keep = R.Broadcast(Keep);
            var i = 0;
            for (; i <= count - R.Count; i += R.Count)
            {
                var dw = R.Load(g + i) * scale;
                var mean = R.Fma(beta1, R.Load(m + i), rest1 * dw);
                var square = R.Fma(beta2, R.Load(v + i), rest2 * dw * dw);
                mean.Store(m + i);
                square.Store(v + i);
                R.Fma(rate, mean / R.Fma(R.Sqrt(square), correction, epsilon), keep * R.Load(w + i)).Store(w + i);
            }
            var n = count - i;
            if (n > 0)
            {
                var dw = VectorMath.LoadTail<R>(g + i, n) * scale;
                var mean = R.Fma(beta1, VectorMath.LoadTail<R>(m + i, n), rest1 * dw);
                var square = R.Fma(beta2, VectorMath.LoadTail<R>(v + i, n), rest2 * dw * dw);
                VectorMath.StoreTail(mean, m + i, n);
                VectorMath.StoreTail(square, v + i, n);
                var step = mean / R.Fma(R.Sqrt(square), correction, epsilon);
                VectorMath.StoreTail(R.Fma(rate, step, keep * VectorMath.LoadTail<R>(w + i, n)), w + i, n);
            }
        }
    }
}
