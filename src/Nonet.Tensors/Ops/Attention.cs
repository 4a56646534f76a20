using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = softmax(mask(cap(scale · q kᵀ) + bias)) v per sequence and head. Vaswani et al. 2017, eq. 1. Keys are read in blocks with a
    /// running softmax, so the T × T matrix is never stored: Milakov and Gimelshein 2018; Dao et al. 2022 (FlashAttention). The backward
    /// pass follows Dao 2023, algorithm 2. The last query of a sequence has the position of its last key: query i of n has the key
    /// position m - n + i. A query that sees no key gives zeros. Gradients flow to q, k, v and the relative bias if keys are dense; paged
    /// keys are for the forward pass only. On the CPU the bits of a row depend on its own sequence only: they are the same in any batch,
    /// and the same from an F32 cache as in the full pass.
    /// </summary>
    /// <param name="q">(N, Heads·D).</param>
    /// <param name="k">(M, KvHeads·D), or a pool (blocks·BlockSize, KvHeads·D).</param>
    /// <param name="v">Same shape as k.</param>
    /// <param name="layout">Rows of each sequence.</param>
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
            throw new ShapeException($"Attention: q is {q.Shape}; expected (N, {o.Heads}·D)");
        var width = q.Shape[1] / o.Heads;
        if (k.Shape.Rank != 2 || k.Shape[1] != o.KvHeads * width)
            throw new ShapeException($"Attention: q {q.Shape} with {o.Heads} heads of {width} needs k (M, {o.KvHeads * width}); it is {k.Shape}");
        if (v.Shape != k.Shape)
            throw new ShapeException($"Attention: k is {k.Shape}, v {v.Shape}; they must be equal");
        if (o.Window < 1)
            throw new ShapeException($"Attention: Window {o.Window}; expected 1 or more, or null for no window");
        if (o.SoftCap is { } cap && !(cap > 0 && float.IsFinite(cap)))
            throw new ShapeException($"Attention: SoftCap {cap}; expected a positive number, or null for none");
        if (!(o.Dropout >= 0 && o.Dropout < 1))
            throw new ShapeException($"Attention: Dropout {o.Dropout}; expected 0 to below 1");
        if (o.RelativeBias is { } bias && (bias.Shape.Rank != 2 || bias.Shape[0] != o.Heads || bias.Shape[1] % 2 == 0))
            throw new ShapeException($"Attention: RelativeBias is {bias.Shape}; expected ({o.Heads}, 2R-1)");
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
    /// Computes y (N, Heads·D). If lse (Heads, N) is not null, it receives the logarithm of each softmax denominator, from which the
    /// backward pass recomputes the probabilities.
    /// </summary>
    public virtual void Attention(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor? lse) =>
        throw Lacks("Attention");

    /// <summary>
    /// With P the probabilities, Z the dropout factors, δ = rowsum(dy ⊙ y): dv = (P ⊙ Z)ᵀ dy; dS = P ⊙ (Z ⊙ (dy vᵀ) - δ); dbias = sums of dS over
    /// equal distances; dq = scale · (dS ⊙ cap') k; dk = scale · (dS ⊙ cap')ᵀ q.
    /// </summary>
    public virtual void AttentionBackward(Tensor dy, Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor lse,
        GradientTarget dq, GradientTarget dk, GradientTarget dv, GradientTarget dbias) => throw Lacks("Attention backward");
}
