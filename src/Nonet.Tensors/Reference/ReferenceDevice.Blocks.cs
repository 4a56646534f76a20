using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void CopyBlocks(Tensor x, Blocks from, GradientTarget y, Blocks to, Extents extents)
    {
        for (var block = 0L; y.Wanted && block < extents.Count; block++)
        {
            for (var i = 0L; i < extents.Length; i++)
                Put(y, to.Offset + block * to.Stride + i, x.Value(from.Offset + block * from.Stride + i));
        }
    }

    /// <inheritdoc/>
    public override void Transpose(Tensor x, AxisSwap swap, GradientTarget y)
    {
        for (var e = 0L; y.Wanted && e < x.Elements; e++)
        {
            var i = e % swap.Inner;
            var b = e / swap.Inner % swap.B;
            var m = e / swap.Inner / swap.B % swap.Middle;
            var a = e / swap.Inner / swap.B / swap.Middle % swap.A;
            var o = e / swap.Inner / swap.B / swap.Middle / swap.A;
            Put(y, (((o * swap.B + b) * swap.Middle + m) * swap.A + a) * swap.Inner + i, x.Value(e));
        }
    }
}
