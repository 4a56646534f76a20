using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Rotary(Tensor x, Indices positions, RotaryTable table, int headWidth, bool inverse, GradientTarget y)
    {
        for (var start = 0L; y.Wanted && start < x.Elements; start += headWidth)
        {
            var position = positions.I32[start / x.Shape.Last];
            for (var i = 0; i < table.Width / 2; i++)
            {
                var (sin, cos) = Math.SinCos(position * table.InverseFrequencies[i] * (inverse ? -1 : 1));
                var (p, q) = table.Layout == RotaryLayout.Interleaved ? (start + 2 * i, start + 2 * i + 1) : (start + i, start + table.Width / 2 + i);
                var (a, b) = (x.F64[p], x.F64[q]);
                Put(y, p, table.Scale * (a * cos - b * sin));
                Put(y, q, table.Scale * (a * sin + b * cos));
            }
            for (var e = start + table.Width; e < start + headWidth; e++)
                Put(y, e, x.F64[e]);
        }
    }
}
