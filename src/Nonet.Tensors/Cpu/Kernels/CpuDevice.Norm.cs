using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

/// <summary>Layer norm and RMS norm by rows: one kernel, with or without subtraction of the mean.</summary>
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void LayerNorm(Tensor x, Tensor w, Tensor? b, float epsilon, Tensor y, Tensor? statistics) =>
        Norm<Centered>(x, w, b, epsilon, 0, y, statistics is null ? null : statistics.F32, statistics is null ? null : statistics.F32 + x.Shape.Rows);

    /// <inheritdoc/>
    public override void LayerNormBackward(Tensor dy, Tensor x, Tensor w, Tensor statistics, GradientTarget dx, GradientTarget dw, GradientTarget db) =>
        NormBackward<Centered>(dy, x, w, 0, statistics.F32, statistics.F32 + x.Shape.Rows, dx, dw, db);

    /// <inheritdoc/>
    public override void RmsNorm(Tensor x, Tensor w, float epsilon, float offset, Tensor y, Tensor? statistics) =>
        Norm<Uncentered>(x, w, null, epsilon, offset, y, null, statistics is null ? null : statistics.F32);

    /// <inheritdoc/>
    public override void RmsNormBackward(Tensor dy, Tensor x, Tensor w, float offset, Tensor statistics, GradientTarget dx, GradientTarget dw) =>
        NormBackward<Uncentered>(dy, x, w, offset, null, statistics.F32, dx, dw, GradientTarget.None);

    void Norm<C>(Tensor x, Tensor w, Tensor? b, float epsilon, float offset, Tensor y, float* means, float* scales) where C : struct, ICentering
    {
        using var scope = TensorScope.Inner();
        var piece = RowsOfPiece(x.Shape.Last);
        For((x.Shape.Rows + piece - 1) / piece, new NormJob<C>
        {
            X = x.F32,
            W = AsF32(w).F32,
            B = b is null ? null : AsF32(b).F32,
            Y = y.F32,
            Means = means,
            Scales = scales,
            Epsilon = epsilon,
            Offset = offset,
            Rows = x.Shape.Rows,
            Width = x.Shape.Last,
            RowsOfPiece = piece,
        });
    }

    void NormBackward<C>(Tensor dy, Tensor x, Tensor w, float offset, float* means, float* scales, GradientTarget dx, GradientTarget dw, GradientTarget db)
        where C : struct, ICentering
    {
        using var scope = TensorScope.Inner();
        int rows = x.Shape.Rows, width = x.Shape.Last;
        var pieces = (rows + SummedRows - 1) / SummedRows;
        var sums = dw.Wanted || db.Wanted;
        using var partial = new Scratch(this, sums ? 2L * pieces * width : 0);
        For(pieces, new NormBackwardJob<C>
        {
            Dy = dy.F32,
            X = x.F32,
            W = AsF32(w).F32,
            Dx = dx.Wanted ? dx.Tensor.F32 : null,
            Partial = sums ? partial.F32 : null,
            Means = means,
            Scales = scales,
            Offset = offset,
            Add = dx.Add,
            Rows = rows,
            Width = width,
        });
        ReducePartials(partial.F32, pieces, 2 * width, width, dw);
        ReducePartials(partial.F32 + width, pieces, 2 * width, width, db);
    }

    interface ICentering
    {
        static abstract bool IsCentered { get; }
    }

    struct Centered : ICentering
    {
        public static bool IsCentered => true;
    }

    struct Uncentered : ICentering
    {
        public static bool IsCentered => false;
    }

    struct NormJob<C> : ILaneJob where C : struct, ICentering
    {
        public float* X, W, B, Y, Means, Scales;
        public float Epsilon, Offset;
        public int Rows, Width, RowsOfPiece;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var last = Math.Min(Rows, (i + 1) * RowsOfPiece);
            for (var r = i * RowsOfPiece; r < last; r++)
                Row<V>(r, X + (nint)r * Width, Y + (nint)r * Width);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Row<V>(int r, float* x, float* y) where V : struct, ILanes<V>
        {
            var mean = C.IsCentered ? Sum<V>(x, Width) / Width : 0;
            var scale = 1 / MathF.Sqrt(Squares<V>(x, mean, Width) / Width + Epsilon);
            if (Means is not null)
                Means[r] = mean;
            if (Scales is not null)
                Scales[r] = scale;
            V center = V.Broadcast(mean), factor = V.Broadcast(scale), offset = V.Broadcast(Offset);
            var i = 0;
            for (; i <= Width - V.Count; i += V.Count)
            {
                var n = (C.IsCentered ? V.Load(x + i) - center : V.Load(x + i)) * factor;
                var gain = C.IsCentered ? V.Load(W + i) : V.Load(W + i) + offset;
                (B is not null ? V.Fma(n, gain, V.Load(B + i)) : n * gain).Store(y + i);
            }
            for (; i < Width; i++)
            {
                var n = (x[i] - mean) * scale;
                var gain = W[i] + Offset;
                y[i] = B is not null ? MathF.FusedMultiplyAdd(n, gain, B[i]) : n * gain;
            }
        }

        /// <summary>Σ x.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static float Sum<V>(float* x, int n) where V : struct, ILanes<V>
        {
            V a = default, b = default, c = default, d = default;
            var i = 0;
            for (; i <= n - 4 * V.Count; i += 4 * V.Count)
            {
                a += V.Load(x + i);
                b += V.Load(x + i + V.Count);
                c += V.Load(x + i + 2 * V.Count);
                d += V.Load(x + i + 3 * V.Count);
            }
            for (; i <= n - V.Count; i += V.Count)
                a += V.Load(x + i);
            var sum = (a + b + (c + d)).Sum();
            for (; i < n; i++)
                sum += x[i];
            return sum;
        }

        /// <summary>Σ (x - center)².</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static float Squares<V>(float* x, float center, int n) where V : struct, ILanes<V>
        {
            V a = default, b = default, c = default, d = default, mean = V.Broadcast(center);
            var i = 0;
            for (; i <= n - 4 * V.Count; i += 4 * V.Count)
            {
                V x0 = V.Load(x + i) - mean, x1 = V.Load(x + i + V.Count) - mean, x2 = V.Load(x + i + 2 * V.Count) - mean,
                    x3 = V.Load(x + i + 3 * V.Count) - mean;
                a = V.Fma(x0, x0, a);
                b = V.Fma(x1, x1, b);
                c = V.Fma(x2, x2, c);
                d = V.Fma(x3, x3, d);
            }
            for (; i <= n - V.Count; i += V.Count)
            {
                var x0 = V.Load(x + i) - mean;
                a = V.Fma(x0, x0, a);
            }
            var sum = (a + b + (c + d)).Sum();
            for (; i < n; i++)
                sum += (x[i] - center) * (x[i] - center);
            return sum;
        }
    }

    /// <summary>
    /// Backward pass of <see cref="SummedRows"/> rows: dx of each row in two passes while the row is in cache, and the sums over the rows for dw and
    /// db.
    /// </summary>
    struct NormBackwardJob<C> : ILaneJob where C : struct, ICentering
    {
        public float* Dy, X, W, Dx, Partial, Means, Scales;
        public float Offset;
        public bool Add;
        public int Rows, Width;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var gains = Partial is null ? null : Partial + (nint)i * 2 * Width;
            if (gains is not null)
                new Span<float>(gains, 2 * Width).Clear();
            var last = Math.Min(Rows, (i + 1) * SummedRows);
            for (var r = i * SummedRows; r < last; r++)
            {
                float mean = C.IsCentered ? Means[r] : 0, scale = Scales[r];
                float* dy = Dy + (nint)r * Width, x = X + (nint)r * Width;
                Sweep<V>(dy, x, mean, scale, gains, out var slopes, out var products);
                if (Dx is not null)
                    Finish<V>(dy, x, mean, scale, slopes / Width, products / Width, Dx + (nint)r * Width);
            }
        }

        /// <summary>With n = (x - mean) scale: gains += dy n, biases += dy, slopes = Σ g, products = Σ g n, where g = dy (w + offset).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Sweep<V>(float* dy, float* x, float mean, float scale, float* gains, out float slopes, out float products) where V : struct, ILanes<V>
        {
            V center = V.Broadcast(mean), factor = V.Broadcast(scale), offset = V.Broadcast(Offset);
            V s0 = default, s1 = default, p0 = default, p1 = default;
            var biases = gains + Width;
            var i = 0;
            for (; i <= Width - 2 * V.Count; i += 2 * V.Count)
            {
                Step(i, ref s0, ref p0, dy, x, W, gains, biases, center, factor, offset);
                Step(i + V.Count, ref s1, ref p1, dy, x, W, gains, biases, center, factor, offset);
            }
            for (; i <= Width - V.Count; i += V.Count)
                Step(i, ref s0, ref p0, dy, x, W, gains, biases, center, factor, offset);
            slopes = (s0 + s1).Sum();
            products = (p0 + p1).Sum();
            for (; i < Width; i++)
            {
                var n = (x[i] - mean) * scale;
                var g = dy[i] * (W[i] + Offset);
                slopes += g;
                products += g * n;
                if (gains is not null)
                {
                    gains[i] = MathF.FusedMultiplyAdd(dy[i], n, gains[i]);
                    biases[i] += dy[i];
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Step<V>(int i, ref V slopes, ref V products, float* dy, float* x, float* w, float* gains, float* biases, V center, V factor, V offset)
            where V : struct, ILanes<V>
        {
            var d = V.Load(dy + i);
            var n = C.IsCentered ? (V.Load(x + i) - center) * factor : V.Load(x + i) * factor;
            var g = C.IsCentered ? d * V.Load(w + i) : d * (V.Load(w + i) + offset);
            products = V.Fma(g, n, products);
            if (C.IsCentered)
                slopes += g;
            if (gains is not null)
            {
                V.Fma(d, n, V.Load(gains + i)).Store(gains + i);
                if (C.IsCentered)
                    (V.Load(biases + i) + d).Store(biases + i);
            }
        }

        /// <summary>dx = scale (g - slope - n product).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Finish<V>(float* dy, float* x, float mean, float scale, float slope, float product, float* dx) where V : struct, ILanes<V>
        {
            V center = V.Broadcast(mean), factor = V.Broadcast(scale), offset = V.Broadcast(Offset);
            V slopes = V.Broadcast(slope), products = V.Broadcast(-product);
            var i = 0;
            for (; i <= Width - V.Count; i += V.Count)
            {
                var n = C.IsCentered ? (V.Load(x + i) - center) * factor : V.Load(x + i) * factor;
                var g = C.IsCentered ? V.Fma(V.Load(dy + i), V.Load(W + i), -slopes) : V.Load(dy + i) * (V.Load(W + i) + offset);
                var v = V.Fma(n, products, g) * factor;
                (Add ? V.Load(dx + i) + v : v).Store(dx + i);
            }
            for (; i < Width; i++)
            {
                var n = (x[i] - mean) * scale;
                var g = C.IsCentered ? MathF.FusedMultiplyAdd(dy[i], W[i], -slope) : dy[i] * (W[i] + Offset);
                var v = MathF.FusedMultiplyAdd(n, -product, g) * scale;
                dx[i] = Add ? dx[i] + v : v;
            }
        }
    }
}
