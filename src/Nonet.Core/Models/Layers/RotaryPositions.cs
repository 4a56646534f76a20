using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>Rotary positions of a model: one table, unless the scaling depends on the length of the sequence.</summary>
public sealed class RotaryPositions(Device device, int context, int width, double ropeBase, RopeLayout layout, RopeScaling? scaling)
{
    readonly Lock gate = new();
    RotaryTable? table;
    int regime = -1;

    /// <summary>
    /// Rotates queries or keys (N, Heads · headWidth) by the angles of their positions. The result for a sequence does not depend on the
    /// other sequences of the batch.
    /// </summary>
    public Tensor Turn(Tensor x, Batch batch, int headWidth)
    {
        if (scaling is null || scaling.Regime(batch.Longest) == scaling.Regime(1))
            return Ops.Rotary(x, batch.Positions, For(batch.Longest), headWidth);
        var positions = batch.Positions.Values;
        var starts = batch.Starts.Values;
        var rows = new int[batch.Sequences];
        for (var s = 0; s < rows.Length; s++)
            rows[s] = starts[s + 1] - starts[s];
        var parts = Ops.Split(x, 0, rows);
        var turned = new Tensor[rows.Length]; // a new array: the tape holds the parts
        for (var s = 0; s < rows.Length; s++)
        {
            var own = positions.Slice(starts[s], rows[s]);
            turned[s] = Ops.Rotary(parts[s], x.Device.From(own), For(own[^1] + 1), headWidth);
        }
        return Ops.Concat(0, turned);
    }

    /// <summary>Table for a sequence of the given number of tokens.</summary>
    internal RotaryTable For(int length)
    {
        lock (gate)
        {
            var wanted = scaling?.Regime(length) ?? 0;
            if (table is null || regime != wanted)
            {
                var frequencies = scaling is null ? [] : scaling.Frequencies(width, ropeBase, length);
                (table, regime) = (new RotaryTable(device, context, width, ropeBase, (RotaryLayout)layout, frequencies, scaling?.AttentionFactor ?? 1), wanted);
            }
            return table;
        }
    }
}
