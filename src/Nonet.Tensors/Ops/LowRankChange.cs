using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

/// <summary>
/// A change of a matrix W (Out, In) by the product of two thin ones: with a = f(x) [⊙ up], the input of the layer, its result becomes
/// y = a Wᵀ + scale · (drop(a) Aᵀ) Bᵀ. Hu et al. 2021, "LoRA", section 4.1.
/// </summary>
/// <param name="A">(r, In).</param>
/// <param name="B">(Out, r).</param>
/// <param name="Scale">Factor of the product.</param>
/// <param name="Dropout">Probability p with which <see cref="Ops.Dropout"/> zeroes an element of a; 0: none. Drawn again in the backward pass.</param>
/// <param name="Key">Random stream of the dropout.</param>
public readonly record struct LowRankChange(Tensor A, Tensor B, float Scale, float Dropout = 0, RandomKey Key = default);

public static partial class Ops
{
    /// <summary>
    /// Adds a change to the result y of a layer in place. Returns the thin product scale · drop(a) Aᵀ (N, r), which the backward pass needs.
    /// </summary>
    static Tensor Change(Tensor x, Tensor? up, Activation f, Tensor w, LowRankChange change, Tensor y)
    {
        var (a, b) = (change.A.Shape, change.B.Shape);
        if (x.Shape.Rank != 2 || a.Rank != 2 || b.Rank != 2 || a[1] != w.Shape[1] || b[0] != w.Shape[0] || a[0] != b[1])
        {
            throw new ShapeException(
                $"low-rank change of weights {w.Shape}: A is {a}, B {b} and x {x.Shape}; expected A (r, {w.Shape[1]}), B ({w.Shape[0]}, r) and "
                + $"x (N, {w.Shape[1]})");
        }
        if (!(change.Dropout >= 0 && change.Dropout < 1))
            throw new ArgumentOutOfRangeException(nameof(change), change.Dropout, "dropout needs a probability in [0, 1)");
        var thin = x.Device.Empty(x.Shape.WithLast(a[0]));
        x.Device.LowRank(x, up, f, change, thin, y);
        return thin;
    }

    sealed class ChangedLinearNode(Tensor x, Tensor? up, Activation f, Tensor w, Tensor? bias, Tensor? residual, LowRankChange change, Tensor thin)
        : Node(x, up, w, bias, residual, change.A, change.B)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var device = x.Device;
            if (up is null && f == Activation.None)
            {
                device.LowRankBackward(dy!, x, null, f, change, thin, Into(0), Into(5), Into(6));
                device.LinearBackward(dy!, x, null, f, w, Into(0), default, Into(2), Into(3));
            }
            else if (!Wants(0) && !Wants(1))
            {
                device.LowRankBackward(dy!, x, up, f, change, thin, default, Into(5), Into(6));
                device.LinearBackward(dy!, x, up, f, w, default, default, Into(2), Into(3));
            }
            else
            {
                // The gradient of a = f(x) [⊙ up] is summed first, so that f' multiplies it once.
                using var scope = TensorScope.Inner();
                var da = device.Empty(x.Shape);
                device.LowRankBackward(dy!, x, up, f, change, thin, new GradientTarget(da, add: false), Into(5), Into(6));
                device.LinearBackward(dy!, x, up, f, w, default, default, Into(2), Into(3));
                device.LinearBackward(dy!, x, null, Activation.None, w, new GradientTarget(da, add: true), default, default, default);
                if (up is null)
                    device.ActivateBackward(da, x, f, Into(0));
                else
                    device.GateBackward(da, x, up, f, Into(0), Into(1));
            }
            Pass(4, dy!);
        }
    }

    sealed class ChangedManyNode(Tensor x, Tensor[] w, Tensor?[]? bias, LowRankChange?[] changes, Tensor?[] thin)
        : Node([x, .. w, .. bias ?? new Tensor?[w.Length], .. changes.Select(c => c?.A), .. changes.Select(c => c?.B)])
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var n = w.Length;
            for (var i = n - 1; i >= 0; i--)
            {
                if (changes[i] is { } change && GradientOf(i) is { } dyi)
                    x.Device.LowRankBackward(dyi, x, null, Activation.None, change, thin[i]!, Into(0), Into(1 + 2 * n + i), Into(1 + 3 * n + i));
            }
            for (var i = 0; i < n; i++)
            {
                if (GradientOf(i) is { } dyi)
                    x.Device.LinearBackward(dyi, x, null, Activation.None, w[i], Into(0), default, Into(1 + i), Into(1 + n + i));
            }
        }
    }
}

public abstract partial class Device
{
    /// <summary>With a = f(x) [⊙ up]: thin (N, r) = scale · drop(a) Aᵀ; y += thin Bᵀ.</summary>
    public virtual void LowRank(Tensor x, Tensor? up, Activation f, LowRankChange change, Tensor thin, Tensor y)
    {
        using var scope = TensorScope.Inner();
        if (change.Dropout > 0)
            (x, up, f) = (Dropped(x, up, f, change), null, Activation.None);
        Linear(x, up, f, change.A, null, null, thin);
        Scale(thin, change.Scale, new GradientTarget(thin, add: false));
        Linear(thin, null, Activation.None, change.B, null, y, y);
    }

    /// <summary>
    /// dthin = scale · dy B; dinput, the gradient of a and not of x, = drop(dthin A); dA = dthinᵀ drop(a); dB = dyᵀ thin. The dropout of a is
    /// computed again.
    /// </summary>
    public virtual void LowRankBackward(Tensor dy, Tensor x, Tensor? up, Activation f, LowRankChange change, Tensor thin, GradientTarget dinput,
        GradientTarget da, GradientTarget db)
    {
        using var scope = TensorScope.Inner();
        var dThin = Empty(thin.Shape);
        LinearBackward(dy, thin, null, Activation.None, change.B, new GradientTarget(dThin, add: false), default, db, default);
        Scale(dThin, change.Scale, new GradientTarget(dThin, add: false));
        if (da.Wanted && change.Dropout > 0)
            LinearBackward(dThin, Dropped(x, up, f, change), null, Activation.None, change.A, default, default, da, default);
        else if (da.Wanted)
            LinearBackward(dThin, x, up, f, change.A, default, default, da, default);
        if (!dinput.Wanted)
            return;
        var kept = change.Dropout > 0 ? new GradientTarget(Empty(x.Shape), add: false) : dinput;
        LinearBackward(dThin, x, null, Activation.None, change.A, kept, default, default, default);
        if (change.Dropout > 0)
            Dropout(kept.Tensor, null, change.Dropout, change.Key, dinput);
    }

    /// <summary>drop(f(x) [⊙ up]), in the open scope.</summary>
    Tensor Dropped(Tensor x, Tensor? up, Activation f, LowRankChange change)
    {
        var a = Empty(x.Shape);
        if (up is not null)
            Gate(x, up, f, a);
        else if (f != Activation.None)
            Activate(x, f, a);
        Dropout(up is null && f == Activation.None ? x : a, null, change.Dropout, change.Key, new GradientTarget(a, add: false));
        return a;
    }
}
