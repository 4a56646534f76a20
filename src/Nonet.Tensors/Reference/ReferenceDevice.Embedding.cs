using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Embedding(Tensor w, Indices ids, Tensor y)
    {
        var width = w.Shape[1];
        for (var e = 0L; e < y.Elements; e++)
            y.F64[e] = w.Value((long)ids.I32[e / width] * width + e % width);
    }

    /// <inheritdoc/>
    public override void EmbeddingBackward(Tensor dy, Indices ids, GradientTarget dw)
    {
        if (!dw.Wanted)
            return;
        if (!dw.Add)
            Fill(dw.Tensor, 0);
        var width = dw.Tensor.Shape[1];
        for (var e = 0L; e < dy.Elements; e++)
            Put(new GradientTarget(dw.Tensor, add: true), (long)ids.I32[e / width] * width + e % width, dy.F64[e]);
    }
}
