using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.EncoderDecoders;

/// <summary>
/// What an encoder made of a batch of sources, for a decoder to attend to. Outside a tape each layer's keys and values are kept from their first use on;
/// dispose of it after the last: of those and of the hidden states.
/// </summary>
public sealed class EncodedSource : IDisposable
{
    readonly Dictionary<int, (Tensor Keys, Tensor Values)> kept;
    readonly Indices? firstTargets;

    /// <param name="hidden">(M, Width): hidden states of all sources, end to end.</param>
    /// <param name="starts">(S + 1): first row of each source; the last entry is M.</param>
    public EncodedSource(Tensor hidden, Indices starts) : this(hidden, starts, [], null)
    {
    }

    EncodedSource(Tensor hidden, Indices starts, Dictionary<int, (Tensor, Tensor)> kept, Indices? firstTargets) =>
        (Hidden, Starts, this.kept, this.firstTargets) = (hidden, starts, kept, firstTargets);

    /// <summary>(M, Width): hidden states of all sources, end to end.</summary>
    public Tensor Hidden { get; }

    /// <summary>(S + 1): first row of each source; the last entry is M.</summary>
    public Indices Starts { get; }

    /// <summary>S.</summary>
    public int Sequences => Starts.Shape[0] - 1;

    /// <summary>Targets that are decoded together, one a source unless made by <see cref="For"/>.</summary>
    public int Targets => firstTargets is null ? Sequences : firstTargets.Values[^1];

    /// <summary>
    /// The same sources, keys and values, each source for as many targets as said: the hypotheses of a beam, say, or none any more. A decoder's batch then has
    /// the targets of the first source, of the second, and so on. Made anew in each scope; dispose of the original alone.
    /// </summary>
    /// <param name="targets">(S) 0 or more for each source.</param>
    public EncodedSource For(ReadOnlySpan<int> targets)
    {
        if (targets.Length != Sequences)
            throw new ShapeException($"{targets.Length} counts of targets for {Sequences} sources: one for each is needed");
        var first = new int[targets.Length + 1];
        for (var s = 0; s < targets.Length; s++)
        {
            if (targets[s] < 0)
                throw new ShapeException($"{targets[s]} targets for source {s}: 0 or more are needed");
            first[s + 1] = first[s] + targets[s];
        }
        return new EncodedSource(Hidden, Starts, kept, Hidden.Device.From(first));
    }

    /// <summary>The same sources with hidden states that a recomputation watches.</summary>
    internal EncodedSource Over(Tensor hidden) => hidden == Hidden ? this : new EncodedSource(hidden, Starts, [], firstTargets);

    /// <summary>
    /// Which tokens of a decoder's batch see which source. Every query of a source sees all its keys, so that its targets are one run of queries, and
    /// their keys are read once for all of them.
    /// </summary>
    internal AttentionLayout LayoutFor(Batch batch)
    {
        if (firstTargets is null)
            return new AttentionLayout { QueryStarts = batch.Starts, KeyStarts = Starts };
        var first = firstTargets.Values;
        var tokens = batch.Starts.Values;
        var starts = new int[first.Length];
        for (var s = 0; s < starts.Length; s++)
            starts[s] = tokens[first[s]];
        return new AttentionLayout { QueryStarts = Hidden.Device.From(starts), KeyStarts = Starts };
    }

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
