using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>y[i] = w[ids[i]]. dw[ids[i]] += dy[i].</summary>
    /// <param name="w">(V, C) in F32, BF16, F16 or quantised.</param>
    /// <param name="ids">Of any shape with at most three axes.</param>
    /// <returns>(..., C).</returns>
    public static Tensor Embedding(Tensor w, Indices ids)
    {
        if (w.Shape.Rank != 2 || !w.DType.IsWeight())
            throw new ShapeException($"Embedding: expected weights (V, C) in F32, BF16, F16 or a quantised type; they are {w.Shape} {w.DType}");
        if (ids.Shape.Rank == Shape.MaxRank)
            throw new ShapeException($"Embedding: expected ids with at most {Shape.MaxRank - 1} axes; they are {ids.Shape}");
        var vocab = w.Shape[0];
        if (ids.FirstOutside(0, vocab - 1) is { } bad)
            throw new ShapeException($"Embedding: id {ids.Values[bad]} at index {bad}; expected 0 to {vocab - 1} for a vocabulary of {vocab}");
        Span<int> extents = stackalloc int[ids.Shape.Rank + 1];
        for (var i = 0; i < ids.Shape.Rank; i++)
            extents[i] = ids.Shape[i];
        extents[^1] = w.Shape[1];
        var y = w.Device.Empty(new Shape(extents));
        w.Device.Embedding(w, ids, y);
        return Tape.IsRecording ? Tape.Record(y, new EmbeddingNode(w, ids)) : y;
    }

    sealed class EmbeddingNode(Tensor w, Indices ids) : Node(w)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy) => w.Device.EmbeddingBackward(dy!, ids, Into(0));
    }
}

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.Embedding"/>. The ids are in range.</summary>
    public virtual void Embedding(Tensor w, Indices ids, Tensor y) => throw Lacks("Embedding");

    /// <summary>dw[ids[i]] += dy[i], in the order of i.</summary>
    public virtual void EmbeddingBackward(Tensor dy, Indices ids, GradientTarget dw) => throw Lacks("Embedding backward");
}
