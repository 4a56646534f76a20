using System.Diagnostics.CodeAnalysis;

namespace Nonet.Tensors;

/// <summary>Extents of a contiguous tensor with up to four axes, outermost first. A value type: it allocates nothing.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>Largest number of axes.</summary>
    public const int MaxRank = 4;
    readonly int d0, d1, d2, d3;

    /// <summary>A vector.</summary>
    public Shape(int a) => (Rank, d0, d1, d2, d3) = (1, Extent(a), 1, 1, 1);

    /// <summary>A matrix: a rows, b columns.</summary>
    public Shape(int a, int b) => (Rank, d0, d1, d2, d3) = (2, Extent(a), Extent(b), 1, 1);

    /// <summary>Three axes, outermost first.</summary>
    public Shape(int a, int b, int c) => (Rank, d0, d1, d2, d3) = (3, Extent(a), Extent(b), Extent(c), 1);

    /// <summary>Four axes, outermost first.</summary>
    public Shape(int a, int b, int c, int d) => (Rank, d0, d1, d2, d3) = (4, Extent(a), Extent(b), Extent(c), Extent(d));

    /// <summary>Up to <see cref="MaxRank"/> axes, outermost first.</summary>
    public Shape(ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaxRank)
            throw new ShapeException($"a tensor has at most {MaxRank} axes; {extents.Length} were given");
        Rank = extents.Length;
        d0 = extents.Length > 0 ? Extent(extents[0]) : 1;
        d1 = extents.Length > 1 ? Extent(extents[1]) : 1;
        d2 = extents.Length > 2 ? Extent(extents[2]) : 1;
        d3 = extents.Length > 3 ? Extent(extents[3]) : 1;
    }

    /// <summary>No axes: one element.</summary>
    public static Shape Scalar => new(ReadOnlySpan<int>.Empty);

    /// <summary>Number of axes; 0 for a scalar.</summary>
    public int Rank { get; }

    /// <summary>Extent of an axis; negative axes count from the last.</summary>
    public int this[int axis] => (axis < 0 ? axis + Rank : axis) switch
    {
        0 when Rank > 0 => d0,
        1 when Rank > 1 => d1,
        2 when Rank > 2 => d2,
        3 when Rank > 3 => d3,
        _ => throw new ShapeException($"axis {axis} of a tensor of shape {this}"),
    };

    /// <summary>Number of elements: the product of the extents.</summary>
    public long Elements => (long)d0 * d1 * d2 * d3;

    /// <summary>Extent of the last axis (1 for a scalar).</summary>
    public int Last => Rank == 0 ? 1 : this[-1];

    /// <summary>Product of all extents but the last.</summary>
    public int Rows => Rank == 0 ? 1 : checked((int)(Elements / Math.Max(1, Last)));

    /// <summary>The same shape with another extent of the last axis.</summary>
    public Shape WithLast(int last) => With(Rank - 1, last);

    /// <summary>The same shape with another extent of one axis. Negative axes count from the last.</summary>
    public Shape With(int axis, int extent)
    {
        Span<int> e = [d0, d1, d2, d3];
        e[axis < 0 ? axis + Rank : axis] = extent;
        return new Shape(e[..Rank]);
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Rank == other.Rank && d0 == other.d0 && d1 == other.d1 && d2 == other.d2 && d3 == other.d3;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape s && Equals(s);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, d0, d1, d2, d3);

    /// <summary>Whether two values are equal.</summary>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>Whether two values differ.</summary>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    /// <inheritdoc/>
    public override string ToString() => Rank switch
    {
        0 => "()",
        1 => $"({d0})",
        2 => $"({d0}, {d1})",
        3 => $"({d0}, {d1}, {d2})",
        _ => $"({d0}, {d1}, {d2}, {d3})",
    };

    static int Extent(int n) => n >= 0 ? n : throw new ShapeException($"negative extent {n}");
}

/// <summary>Shapes, dtypes or values that an operation does not accept.</summary>
public sealed class ShapeException(string message) : ArgumentException(message);
