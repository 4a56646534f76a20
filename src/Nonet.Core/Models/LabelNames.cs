using System.Collections;

namespace Nonet.Models;

/// <summary>Names of labels, in order. Two lists of the same names are equal.</summary>
sealed class LabelNames(IEnumerable<string> names) : IReadOnlyList<string>
{
    readonly string[] names = [.. names];

    public int Count => names.Length;
    public string this[int index] => names[index];
    public override bool Equals(object? obj) => obj is LabelNames other && names.AsSpan().SequenceEqual(other.names);
    public override int GetHashCode() =>
        names.Length == 0 ? 0
        : HashCode.Combine(names.Length, string.GetHashCode(names[0], StringComparison.Ordinal), string.GetHashCode(names[^1], StringComparison.Ordinal));
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)names).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => names.GetEnumerator();
    public override string ToString() => string.Join(", ", names);
}
