using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = softmax(mask(cap(scale · q kᵀ) + bias)) v per sequence and head. Vaswani et al. 2017, eq. 1; by blocks with a running softmax, so
    /// that the T x T matrix is never stored: Milakov and Gimelshein 2018, Dao et al. 2022 (FlashAttention), backward as in Dao 2023, algorithm 2.
    /// The last query of a sequence stands at its last key: query i of n is at key position m - n + i. A query that sees no key gives zeros.
    /// Gradients flow to q, k, v and the relative bias where keys are dense; a block table is read forward only.
    /// On the CPU a row's bits depend on its own sequence alone: they are the same in any batch, and from a cache in F32 as in the full pass.
    /// </summary>
    /// <param name="q">(N, Heads·D).</param>
    /// <param name="k">(M, KvHeads·D), or a pool (blocks·BlockSize, KvHeads·D).</param>
    /// <param name="v">As k.</param>
    /// <param name="layout">The sequences.</param>
    /// <param name="options">Heads, mask, bias, dropout.</param>
    /// <returns>(N, Heads·D).</returns>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options)
    {
        CheckAttention(q, k, v, options);
        layout.CheckShapes();
        layout.CheckValues(q.Shape[0], k.Shape[0]);
        var records = Tape.Records(q, k, v, options.RelativeBias);
        if (records && layout.IsPaged)
            throw new NotSupportedException("Attention: gradients through a block table; train with dense keys (KeyStarts), or compute outside a tape");
        var y = q.Device.Empty(q.Shape);
        var lse = records ? q.Device.Empty(new Shape(options.Heads, q.Shape[0])) : null;
        q.Device.Attention(q, k, v, layout, options, y, lse);
        return records ? Tape.Record(y, new AttentionNode(q, k, v, layout, options, y, lse!)) : y;
    }

    static void CheckAttention(Tensor q, Tensor k, Tensor v, AttentionOptions o)
    {
        if (o.Heads < 1 || o.KvHeads < 1 || o.Heads % o.KvHeads != 0)
            throw new ShapeException($"Attention: {o.Heads} heads over {o.KvHeads} key heads; the first must be a multiple of the second");
        if (q.Shape.Rank != 2 || q.Shape[1] % o.Heads != 0 || q.Shape[1] == 0)
            throw new ShapeException($"Attention: q is {q.Shape}; (N, {o.Heads}·D) is needed");
        var width = q.Shape[1] / o.Heads;
        if (k.Shape.Rank != 2 || k.Shape[1] != o.KvHeads * width)
            throw new ShapeException($"Attention: q {q.Shape} with {o.Heads} heads of {width} needs k (M, {o.KvHeads * width}); it is {k.Shape}");
        if (v.Shape != k.Shape)
            throw new ShapeException($"Attention: k is {k.Shape}, v {v.Shape}; they must be equal");
        if (o.Window < 1)
            throw new ShapeException($"Attention: Window {o.Window}; 1 or more is needed, or null for no window");
        if (o.SoftCap is { } cap && !(cap > 0 && float.IsFinite(cap)))
            throw new ShapeException($"Attention: SoftCap {cap}; a positive number is needed, or null for none");
        if (!(o.Dropout >= 0 && o.Dropout < 1))
            throw new ShapeException($"Attention: Dropout {o.Dropout}; 0 to below 1 is needed");
        if (o.RelativeBias is { } bias && (bias.Shape.Rank != 2 || bias.Shape[0] != o.Heads || bias.Shape[1] % 2 == 0))
            throw new ShapeException($"Attention: RelativeBias is {bias.Shape}; ({o.Heads}, 2R-1) is needed");
    }

    sealed class AttentionNode(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor lse)
        : Node(q, k, v, options.RelativeBias)
    {
        public override void Run(Tensor? dy) =>
            q.Device.AttentionBackward(dy!, q, k, v, layout, options, y, lse, Into(0), Into(1), Into(2), options.RelativeBias is null ? default : Into(3));
    }
}

public abstract partial class Device
{
    /// <summary>
    /// y (N, Heads·D), and the logarithm of each softmax's denominator in lse (Heads, N) where that is not null: what backward needs
    /// to compute the probabilities again.
    /// </summary>
    public virtual void Attention(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor? lse) => throw Lacks("Attention");

    /// <summary>
    /// With P the probabilities, Z the dropout factors, δ = rowsum(dy ⊙ y): dv = (P ⊙ Z)ᵀ dy; dS = P ⊙ (Z ⊙ (dy vᵀ) - δ); dbias = sums of dS over
    /// equal distances; dq = scale · (dS ⊙ cap') k; dk = scale · (dS ⊙ cap')ᵀ q.
    /// </summary>
    public virtual void AttentionBackward(Tensor dy, Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor lse,
        GradientTarget dq, GradientTarget dk, GradientTarget dv, GradientTarget dbias) => throw Lacks("Attention backward");
}
