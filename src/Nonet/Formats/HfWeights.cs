using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Nonet.Tensors;

namespace Nonet.Formats;

/// <summary>
/// Values of our parameters from transformers' tensors. What lies as we need it is used over the file's map; what is packed or
/// transposed (GPT-2) is copied.
/// </summary>
public sealed class HfWeights : IWeightSource
{
    readonly SafetensorsShards shards;
    readonly ForeignNames names;

    internal HfWeights(SafetensorsShards shards, ForeignNames names)
    {
        this.shards = shards;
        this.names = names;
    }

    /// <summary>The values of a parameter; null for one that the family has no name for. Throws where the file lacks it or has it in another shape.</summary>
    public Tensor? Find(Parameter parameter, Device device)
    {
        if (names.Map(parameter.Path) is not { } weight)
            return null;
        if (!TryGet(weight, out var file, out var entry))
        {
            return parameter.Initialization.Formula is not null ? null // a computed table, which some files leave out
                : throw new MalformedFileException(shards.FilePath, $"no tensor '{weight.Name}'", $"it, for parameter {parameter}");
        }
        var expected = TheirShape(parameter.Shape, weight);
        if (!entry.Shape.SequenceEqual(expected))
        {
            throw new MalformedFileException(file.FilePath, $"tensor '{entry.Name}' of shape [{string.Join(", ", entry.Shape)}]",
                $"[{string.Join(", ", expected)}] for parameter {parameter}");
        }
        if (!file.TypeOf(entry).IsFloat())
            throw new MalformedFileException(file.FilePath, $"tensor '{entry.Name}' of {entry.DType}", "F32, BF16, F16 or F64");
        if (weight.Transposed)
            return Transposed(file.Read(entry, 0, file.ShapeOf(entry), device), parameter.Shape, weight);
        var ours = file.Read(entry, weight.Start * (parameter.Elements / parameter.Shape[0]), parameter.Shape, device);
        if (weight.Deinterleave != 0)
            ours = Interleaved(ours, weight.Deinterleave);
        return weight.IsScaled ? Scaled(ours, weight.Scale) : ours;
    }

    bool TryGet(ForeignWeight weight, [NotNullWhen(true)] out SafetensorsFile? file, [NotNullWhen(true)] out SafetensorsEntry? entry)
    {
        foreach (var name in names.Candidates(weight.Name))
        {
            if (shards.TryGet(name, out file, out entry))
                return true;
        }
        (file, entry) = (null, null);
        return false;
    }

    /// <summary>Their extents for a parameter of ours: all parts along the output axis, transposed where they transpose.</summary>
    internal static long[] TheirShape(Shape ours, ForeignWeight weight)
    {
        var shape = Enumerable.Range(0, ours.Rank).Select(axis => (long)ours[axis]).ToArray();
        if (weight.Total != 0)
            shape[0] = weight.Total;
        if (weight.Transposed)
            Array.Reverse(shape);
        return weight.Row ? [1, .. shape] : shape;
    }

    /// <summary>Values times a factor, in the same type.</summary>
    internal static Tensor Scaled(Tensor x, float factor)
    {
        var y = x.Device.Empty(x.Shape, x.DType);
        for (var i = 0L; i < x.Elements; i++)
            y.SetValue(i, x.Value(i) * factor);
        return y;
    }

    /// <summary>(In, Total) to (Out, In), of one part.</summary>
    static Tensor Transposed(Tensor theirs, Shape shape, ForeignWeight weight)
    {
        var ours = theirs.Device.Empty(shape, theirs.DType);
        var (rows, columns, first) = (shape[1], theirs.Shape[1], weight.Start);
        switch (theirs.DType.Size())
        {
            case 8: CopyColumns(theirs.AsSpan<double>(), ours.AsSpan<double>(), rows, columns, first); break;
            case 4: CopyColumns(theirs.AsSpan<float>(), ours.AsSpan<float>(), rows, columns, first); break;
            default: CopyColumns(theirs.AsSpan<ushort>(), ours.AsSpan<ushort>(), rows, columns, first); break;
        }
        return ours;
    }

    /// <summary>Column first + o of x (rows, columns) becomes row o of y; by squares that stay in the cache.</summary>
    static void CopyColumns<T>(ReadOnlySpan<T> x, Span<T> y, int rows, int columns, int first)
    {
        const int Tile = 32;
        var outputs = y.Length / rows;
        for (var o0 = 0; o0 < outputs; o0 += Tile)
        {
            for (var r0 = 0; r0 < rows; r0 += Tile)
            {
                for (var o = o0; o < Math.Min(o0 + Tile, outputs); o++)
                {
                    for (var r = r0; r < Math.Min(r0 + Tile, rows); r++)
                        y[o * rows + r] = x[r * columns + first + o];
                }
            }
        }
    }

    /// <summary>Rows (2, pair) of each head to (pair, 2).</summary>
    static Tensor Interleaved(Tensor theirs, int headWidth)
    {
        var ours = theirs.Device.Empty(theirs.Shape, theirs.DType);
        for (var row = 0; row < theirs.Shape[0]; row++)
            CopyRow(theirs, HalfSplitRow(row, headWidth), ours, row);
        return ours;
    }

    /// <summary>Where row 2i + s of an interleaved head stands in a half-split one: s · d/2 + i.</summary>
    internal static int HalfSplitRow(int row, int headWidth)
    {
        var (head, within) = Math.DivRem(row, headWidth);
        return head * headWidth + within % 2 * (headWidth / 2) + within / 2;
    }

    /// <summary>Our rows in the order in which they stand there.</summary>
    internal static IEnumerable<int> TheirRows(int rows, int headWidth)
    {
        if (headWidth == 0)
            return Enumerable.Range(0, rows);
        var order = Enumerable.Range(0, rows).ToArray();
        Array.Sort([.. order.Select(row => HalfSplitRow(row, headWidth))], order);
        return order;
    }

    static void CopyRow(Tensor x, int from, Tensor y, int to)
    {
        var width = (int)(x.Elements / x.Shape[0]);
        RowBytes(x, from, width).CopyTo(RowBytes(y, to, width));
    }

    internal static Span<byte> RowBytes(Tensor x, int row, int width) => x.DType.Size() switch
    {
        8 => MemoryMarshal.AsBytes(x.AsSpan<double>().Slice(row * width, width)),
        4 => MemoryMarshal.AsBytes(x.AsSpan<float>().Slice(row * width, width)),
        2 => MemoryMarshal.AsBytes(x.AsSpan<ushort>().Slice(row * width, width)),
        _ => x.AsSpan<byte>().Slice(row * width, width),
    };
}
