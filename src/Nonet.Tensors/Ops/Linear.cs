using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = f(x) Wᵀ + b + r. x (..., In), w (Out, In), bias (Out), residual (..., Out), y (..., Out). f is applied to the input while the
    /// kernel packs it, so f(x) is not stored, neither forward nor backward. An MLP is <c>Linear(Linear(x, w1, b1), w2, b2, residual,
    /// Activation.Gelu)</c>. With quantised weights f(x) is first rounded to blocks of 8-bit numbers (<see cref="Quantization.ActivationRounding"/>),
    /// unless they have <see cref="Tensor.HasExactProducts"/>; the gradient is that of the product without this rounding.
    /// </summary>
    /// <param name="x">(..., In).</param>
    /// <param name="w">(Out, In).</param>
    /// <param name="bias">(Out); null: none.</param>
    /// <param name="residual">(..., Out); null: none.</param>
    /// <param name="input">f.</param>
    /// <param name="change">Low-rank change of w, whose product is added to y in place; null: none. Then x is (N, In).</param>
    public static Tensor Linear(Tensor x, Tensor w, Tensor? bias = null, Tensor? residual = null, Activation input = Activation.None,
        LowRankChange? change = null) =>
        Linear(x, null, w, bias, residual, input, change);

    /// <summary>y = (f(gate) ⊙ up) Wᵀ + b + r: the second half of SwiGLU (f = SiLU) or GeGLU (f = GELU). Shazeer 2020. gate, up (..., In).</summary>
    public static Tensor LinearGated(Tensor gate, Tensor up, Tensor w, Tensor? bias = null, Tensor? residual = null, Activation activation = Activation.Silu,
        LowRankChange? change = null)
    {
        if (gate.Shape != up.Shape)
            throw new ShapeException($"LinearGated: gate {gate.Shape} and up {up.Shape} differ");
        return Linear(gate, up, w, bias, residual, activation, change);
    }

    /// <summary>
    /// Several projections of one input: yᵢ = x Wᵢᵀ + bᵢ, each with its low-rank change if it has one. They are recorded as one op, which sums the
    /// gradient of x in one buffer.
    /// </summary>
    public static Tensor[] LinearMany(Tensor x, Tensor[] w, Tensor?[]? bias = null, LowRankChange?[]? changes = null)
    {
        var (y, thin) = (new Tensor[w.Length], changes is null ? null : new Tensor?[w.Length]);
        for (var i = 0; i < w.Length; i++)
        {
            CheckLinear(x, w[i], bias?[i], null);
            y[i] = x.Device.Empty(x.Shape.WithLast(w[i].Shape[0]));
            x.Device.Linear(x, null, Activation.None, w[i], bias?[i], null, y[i]);
            if (changes?[i] is { } change)
                thin![i] = Change(x, null, Activation.None, w[i], change, y[i]);
        }
        if (!Tape.IsRecording)
            return y;
        return Tape.Record(y, changes is null ? new LinearManyNode(x, w, bias) : new ChangedManyNode(x, w, bias, changes, thin!));
    }

    static Tensor Linear(Tensor x, Tensor? up, Tensor w, Tensor? bias, Tensor? residual, Activation f, LowRankChange? change)
    {
        CheckLinear(x, w, bias, residual);
        var y = x.Device.Empty(x.Shape.WithLast(w.Shape[0]));
        x.Device.Linear(x, up, f, w, bias, residual, y);
        if (change is { } low)
        {
            var thin = Change(x, up, f, w, low, y);
            if (Tape.IsRecording)
                return Tape.Record(y, new ChangedLinearNode(x, up, f, w, bias, residual, low, thin));
            thin.Dispose();
            return y;
        }
        return Tape.IsRecording ? Tape.Record(y, new LinearNode(x, up, f, w, bias, residual)) : y;
    }

    static void CheckLinear(Tensor x, Tensor w, Tensor? bias, Tensor? residual)
    {
        if (w.Shape.Rank != 2 || x.Shape.Rank == 0 || x.Shape.Last != w.Shape[1])
            throw new ShapeException($"Linear: x {x.Shape} needs weights (Out, {x.Shape.Last}); they are {w.Shape}");
        if (bias is not null && bias.Shape != new Shape(w.Shape[0]))
            throw new ShapeException($"Linear: weights {w.Shape} need a bias ({w.Shape[0]}); it is {bias.Shape}");
        if (residual is not null && residual.Shape != x.Shape.WithLast(w.Shape[0]))
            throw new ShapeException($"Linear: the result is {x.Shape.WithLast(w.Shape[0])}, the residual {residual.Shape}");
        if (!w.DType.IsWeight())
            throw new ShapeException($"Linear: weights {w.Shape} are {w.DType}; expected F32, BF16, F16 or a quantised type");
    }

    sealed class LinearNode(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual) : Node(x, up, w, bias, residual)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            x.Device.LinearBackward(dy!, x, up, f, w, Into(0), Into(1), Into(2), Into(3));
            Pass(4, dy!);
        }
    }

    sealed class LinearManyNode(Tensor x, Tensor[] w, Tensor?[]? bias) : Node([x, .. w, .. bias ?? []])
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            for (var i = 0; i < w.Length; i++)
            {
                if (GradientOf(i) is { } dyi)
                    x.Device.LinearBackward(dyi, x, null, Activation.None, w[i], Into(0), default, Into(1 + i),
                        bias is null ? default : Into(1 + w.Length + i));
            }
        }
    }
}

public abstract partial class Device
{
    /// <summary>Puts weights into the order in which this device's products read them; otherwise the first product does. The values do not change.</summary>
    /// <exception cref="Quantization.CorruptBlockException">A scale is not finite.</exception>
    public virtual void Prepare(Tensor w)
    {
    }

    /// <summary>y = (f(x) [⊙ up]) Wᵀ + bias + residual. The residual may be y itself: the product is then added to y in place.</summary>
    public virtual void Linear(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual, Tensor y) => throw Lacks("Linear");

    /// <summary>With a = f(x) [⊙ up]: da = dy W; dx = da [⊙ up] ⊙ f'(x); dup = da ⊙ f(x); dW = dyᵀ a; dbias = column sums of dy.</summary>
    public virtual void LinearBackward(Tensor dy, Tensor x, Tensor? up, Activation f, Tensor w, GradientTarget dx, GradientTarget dup, GradientTarget dw,
        GradientTarget dbias) =>
        throw Lacks("Linear backward");
}
