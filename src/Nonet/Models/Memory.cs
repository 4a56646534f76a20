using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models;

/// <summary>
/// What an encoder made of a batch of sources, for a decoder to attend to. Outside a tape each layer's keys and values are kept from their first use on;
/// dispose of it after the last: of those and of the hidden states.
/// </summary>
public sealed class Memory(Tensor hidden, Tensor starts) : IDisposable
{
    readonly Dictionary<int, (Tensor Keys, Tensor Values)> kept = [];

    /// <summary>(M, Width): hidden states of all sources, end to end.</summary>
    public Tensor Hidden { get; } = hidden;

    /// <summary>(S + 1) I32: first row of each source; the last entry is M.</summary>
    public Tensor Starts { get; } = starts;

    /// <summary>S.</summary>
    public int Sequences => Starts.Shape[0] - 1;

    /// <summary>The same sources with hidden states that a recomputation watches.</summary>
    internal Memory Over(Tensor hidden) => hidden == Hidden ? this : new Memory(hidden, Starts);

    internal (Tensor Keys, Tensor Values) KeysAndValues(int layer, Linear key, Linear value)
    {
        if (kept.TryGetValue(layer, out var pair))
            return pair;
        var made = Linear.Many(Hidden, key, value);
        if (Tape.IsRecording)
            return (made[0], made[1]);
        return kept[layer] = (made[0].Unscoped(), made[1].Unscoped());
    }

    public void Dispose()
    {
        foreach (var (keys, values) in kept.Values)
        {
            keys.Dispose();
            values.Dispose();
        }
        kept.Clear();
        Hidden.Dispose();
    }
}
