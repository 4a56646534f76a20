using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu.Quantized;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Linear(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual, Tensor y)
    {
        if (bias is not null && bias.DType != DType.F32)
        {
            using var scope = TensorScope.Inner();
            Linear(x, up, f, w, AsF32(bias), residual, y);
            return;
        }
        int m = x.Shape.Rows, k = x.Shape.Last, n = w.Shape[0];
        var a = Input(x, up, f);
        if (residual is not null && residual.F32 == y.F32)
        {
            if (w.DType.IsQuantized())
                throw new NotSupportedException("a product with quantised weights cannot be added to its residual in place");
            var added = new Epilogue { Bias = bias is null ? null : bias.F32 };
            Gemm.Run(this, a, Operand.Of(w, transposed: true), y.F32, m, n, k, add: true, added);
            return;
        }
        var epilogue = new Epilogue { Bias = bias is null ? null : AsF32(bias).F32, Residual = residual is null ? null : residual.F32 };
        if (w.DType.IsQuantized() && !w.HasExactProducts)
        {
            var packed = Packed(w);
            packed.Kernels.Run(this, a, m, k, packed.Panels, n, y.F32, epilogue);
            return;
        }
        if (m > FewRows.Most || k == 0 || w.DType.IsQuantized())
        {
            Gemm.Run(this, a, Operand.Of(w, transposed: true), y.F32, m, n, k, add: false, epilogue);
            return;
        }
        if (a.IsPlain)
        {
            FewRows.Run(this, a.F32, m, k, w, y.F32, epilogue);
            return;
        }
        using var activated = new Scratch(this, (long)m * k);
        For(m, new RowsJob { X = a, To = activated.F32, Count = k });
        FewRows.Run(this, activated.F32, m, k, w, y.F32, epilogue);
    }

    /// <inheritdoc/>
    public override void Prepare(Tensor w)
    {
        if (w.DType.IsQuantized() && w.Shape.Rank == 2)
            Packed(w);
    }

    PackedWeights Packed(Tensor w)
    {
        if (w.Packed is { } ready)
            return ready;
        lock (w)
            return w.Packed ??= PackedWeights.Of(this, w);
    }

    /// <inheritdoc/>
    public override void LinearBackward(Tensor dy, Tensor x, Tensor? up, Activation f, Tensor w, GradientTarget dx, GradientTarget dup, GradientTarget dw,
        GradientTarget dbias)
    {
        int m = x.Shape.Rows, k = x.Shape.Last, n = w.Shape[0];
        if (dbias.Wanted && !dbias.Add)
            Fill(dbias.Tensor, 0);
        var sums = dbias.Wanted ? dbias.Tensor.F32 : null;
        if (dw.Wanted)
            Gemm.Run(this, Operand.Of(dy, transposed: true), Input(x, up, f), dw.Tensor.F32, n, k, m, dw.Add, default, sums);
        else if (dbias.Wanted)
            For((n + 63) / 64, new ColumnSumJob { X = dy.F32, Rows = m, Columns = n, Sums = sums });
        if (!dx.Wanted && !dup.Wanted)
            return;
        if (f == Activation.None && up is null)
        {
            Gemm.Run(this, Operand.Of(dy), Operand.Of(w), dx.Tensor.F32, m, k, n, dx.Add);
            return;
        }
        // The nonlinearity's derivative multiplies the finished product, so a gradient that is to be added to goes through a buffer.
        using var scope = TensorScope.Inner();
        var toX = dx.Wanted && !dx.Add ? dx.Tensor : Empty(x.Shape);
        var toUp = up is null ? null : dup.Wanted && !dup.Add ? dup.Tensor : Empty(x.Shape);
        var epilogue = new Epilogue { Activation = f, Input = x.F32, Up = up is null ? null : up.F32, UpGradient = toUp is null ? null : toUp.F32 };
        Gemm.Run(this, Operand.Of(dy), Operand.Of(w), toX.F32, m, k, n, add: false, epilogue);
        if (dx.Wanted && dx.Add)
            Accumulate(toX, dx);
        if (dup.Wanted && dup.Add)
            Accumulate(toUp!, dup);
    }

    static Operand Input(Tensor x, Tensor? up, Activation f)
    {
        _ = x.F32; // activations are F32 on this device
        return Operand.Of(x) with { Activation = f, Up = up is null ? null : up.F32 };
    }

    struct RowsJob : ILaneJob
    {
        public Operand X;
        public float* To;
        public int Count;
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V> => Pack.Row<V>(X, (nint)i * Count, To + (nint)i * Count, Count);
    }

    /// <summary>Adds the sums of 64 columns, row after row.</summary>
    struct ColumnSumJob : ILaneJob
    {
        public float* X, Sums;
        public int Rows, Columns;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var last = Math.Min(Columns, i * 64 + 64);
            var j = i * 64;
            for (; j <= last - V.Count; j += V.Count)
            {
                V sum = default;
                for (var r = 0; r < Rows; r++)
                    sum += V.Load(X + (nint)r * Columns + j);
                (V.Load(Sums + j) + sum).Store(Sums + j);
            }
            for (; j < last; j++)
            {
                var sum = 0f;
                for (var r = 0; r < Rows; r++)
                    sum += X[(nint)r * Columns + j];
                Sums[j] += sum;
            }
        }
    }
}
