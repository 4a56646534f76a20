using System.Runtime.CompilerServices;

namespace Nonet.Models;

/// <summary>A yes or no for every layer. The pattern repeats over the layers of the model.</summary>
[CollectionBuilder(typeof(LayerPattern), nameof(Of))]
public sealed class LayerPattern : IEquatable<LayerPattern>, IEnumerable<bool>
{
    readonly bool[] kinds;

    /// <summary>A pattern that repeats the given values. Repetitions within it are removed, so that equal patterns compare equal.</summary>
    public LayerPattern(params ReadOnlySpan<bool> kinds)
    {
        if (kinds.Length == 0)
            throw new ArgumentException("a pattern of layers needs at least one value", nameof(kinds));
        var period = Enumerable.Range(1, kinds.Length).First(Repeats(kinds.ToArray()));
        this.kinds = kinds[..period].ToArray();
    }

    /// <summary>Value for a layer, counted from 0.</summary>
    public bool this[int layer] => kinds[layer % kinds.Length];

    /// <summary>A pattern from a collection expression.</summary>
    public static LayerPattern Of(ReadOnlySpan<bool> kinds) => new(kinds);

    /// <summary>False for every layer.</summary>
    public static readonly LayerPattern None = new(false);

    /// <summary>True for every layer.</summary>
    public static readonly LayerPattern All = new(true);

    /// <inheritdoc/>
    public bool Equals(LayerPattern? other) => other is not null && kinds.AsSpan().SequenceEqual(other.kinds);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LayerPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(kinds.Length, kinds[0], kinds[^1]);

    /// <inheritdoc/>
    public IEnumerator<bool> GetEnumerator() => ((IEnumerable<bool>)kinds).GetEnumerator();
    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether the list repeats its first <c>period</c> entries; the last repetition may be cut short.</summary>
    static Func<int, bool> Repeats(bool[] all) => period => Enumerable.Range(period, all.Length - period).All(i => all[i] == all[i - period]);
}
