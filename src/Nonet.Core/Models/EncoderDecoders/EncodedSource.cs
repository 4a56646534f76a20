using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.EncoderDecoders;

/// <summary>
/// The encoder's result for a batch of sources, to which a decoder attends. Outside a tape, the keys and values of each layer are kept from
/// their first use. Dispose of the object after the last use to free them and the hidden states.
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

    /// <summary>Number of targets that are decoded together: one per source, unless <see cref="For"/> said otherwise.</summary>
    public int Targets => firstTargets is null ? Sequences : firstTargets.Values[^1];

    /// <summary>
    /// The same sources, keys and values, with any number of targets per source: for example the hypotheses of a beam, or none for a
    /// finished source. The decoder's batch then contains the targets of the first source, then those of the second, and so on. Create it
    /// anew in each scope, and dispose of the original only.
    /// </summary>
    /// <param name="targets">(S): number of targets of each source, at least 0.</param>
    public EncodedSource For(ReadOnlySpan<int> targets)
    {
        if (targets.Length != Sequences)
            throw new ShapeException($"{targets.Length} counts of targets for {Sequences} sources: expected one count per source");
        var first = new int[targets.Length + 1];
        for (var s = 0; s < targets.Length; s++)
        {
            if (targets[s] < 0)
                throw new ShapeException($"{targets[s]} targets for source {s}: expected 0 or more");
            first[s + 1] = first[s] + targets[s];
        }
        return new EncodedSource(Hidden, Starts, kept, Hidden.Device.From(first));
    }

    /// <summary>The same sources with hidden states that a recomputation watches.</summary>
    internal EncodedSource Over(Tensor hidden) => hidden == Hidden ? this : new EncodedSource(hidden, Starts, [], firstTargets);

    /// <summary>
    /// Says which source the tokens of a decoder's batch attend to. Every target of a source sees all its keys. The targets of a source are
    /// therefore one run of queries, for which the keys are read once.
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
        var (keys, values) = Linear.Two(Hidden, key, value);
        return Tape.IsRecording ? (keys, values) : kept[layer] = (keys.Unscoped(), values.Unscoped());
    }

    /// <inheritdoc/>
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
