using System.Runtime.CompilerServices;

namespace Nonet.Models;

/// <summary>A yes or no for every layer, repeated as often as there are layers.</summary>
[CollectionBuilder(typeof(LayerPattern), nameof(Of))]
public sealed class LayerPattern : IEquatable<LayerPattern>, IEnumerable<bool>
{
    readonly bool[] kinds;

    public LayerPattern(params ReadOnlySpan<bool> kinds)
    {
        if (kinds.Length == 0)
            throw new ArgumentException("a pattern of layers needs at least one", nameof(kinds));
        var period = Enumerable.Range(1, kinds.Length).First(Repeats(kinds.ToArray()));
        this.kinds = kinds[..period].ToArray();
    }

    public bool this[int layer] => kinds[layer % kinds.Length];

    public static LayerPattern Of(ReadOnlySpan<bool> kinds) => new(kinds);
    public static readonly LayerPattern None = new(false);
    public static readonly LayerPattern All = new(true);

    public bool Equals(LayerPattern? other) => other is not null && kinds.AsSpan().SequenceEqual(other.kinds);
    public override bool Equals(object? obj) => Equals(obj as LayerPattern);
    public override int GetHashCode() => HashCode.Combine(kinds.Length, kinds[0], kinds[^1]);
    public IEnumerator<bool> GetEnumerator() => ((IEnumerable<bool>)kinds).GetEnumerator();
    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether the list is its first so many entries again and again, the last time perhaps in part.</summary>
    static Func<int, bool> Repeats(bool[] all) => period => Enumerable.Range(period, all.Length - period).All(i => all[i] == all[i - period]);
}
