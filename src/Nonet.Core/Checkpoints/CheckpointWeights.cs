using System.Runtime.InteropServices;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Tensors;

namespace Nonet.Checkpoints;

/// <summary>
/// Values of a model's parameters from the tensors of a checkpoint. Tensors that are stored as needed are used in the mapped file,
/// including parts of packed rows. Transposed (GPT-2), reordered or scaled tensors are copied.
/// </summary>
public sealed class CheckpointWeights : IWeightSource
{
    readonly ITensorStore store;
    readonly ForeignNames names;

    internal CheckpointWeights(ITensorStore store, ForeignNames names)
    {
        this.store = store;
        this.names = names;
    }

    /// <summary>Values of a parameter; null if the family has no name for it. Throws if the file lacks it or has it in another shape.</summary>
    public Tensor? Find(Parameter parameter, Device device)
    {
        using var scope = new TensorScope();
        return FindOnHost(parameter, device.Host) is { } found ? scope.Keep(device.Upload(found)) : null;
    }

    /// <summary>Bytes that the values of a frozen parameter take beside the mapped file: those of a copy, or 0 if they are used in the file.</summary>
    internal long CopiedBytes(Parameter parameter)
    {
        if (names.Map(parameter.Path) is not { } weight || Find(weight)?.DType is not { } type)
            return 0;
        var isCopied = weight.Transposed || weight.IsAltered || weight.Deinterleave != 0 || (type.IsQuantized() && parameter.Shape.Rank < 2);
        return isCopied ? (type.IsQuantized() ? DType.F32 : type).Bytes(parameter.Elements) : 0;
    }

    Tensor? FindOnHost(Parameter parameter, HostDevice device)
    {
        if (names.Map(parameter.Path) is not { } weight)
            return null;
        if (Find(weight) is not { } stored)
        {
            return parameter.Initialization.Formula is not null ? null // a computed table; some files leave it out
                : throw new MalformedFileException(store.FilePath, $"no tensor '{weight.Name}'", $"the values of parameter {parameter}");
        }
        var expected = TheirShape(parameter.Shape, weight);
        if (!stored.Shape.SequenceEqual(expected))
        {
            throw new MalformedFileException(stored.FilePath, $"tensor '{stored.Name}' of shape [{string.Join(", ", stored.Shape)}]",
                $"[{string.Join(", ", expected)}] for parameter {parameter}");
        }
        if (stored.DType?.IsWeight() != true)
            throw new MalformedFileException(stored.FilePath, $"tensor '{stored.Name}' of {stored.Type}",
                "F32, BF16, F16, F64 or a quantised type that can be decoded");
        if (weight.Transposed)
            return Computable(Transposed(Plain(stored.Read(device)), parameter.Shape, weight));
        var ours = stored.Read(weight.Start * (parameter.Elements / parameter.Shape[0]), parameter.Shape, device);
        if (weight.IsAltered || weight.Deinterleave != 0 || parameter.Shape.Rank < 2) // quantised blocks need matrices in stored order
            ours = Plain(ours);
        if (weight.Deinterleave != 0)
            ours = Interleaved(ours, weight.Deinterleave);
        if (weight.IsAltered)
            ours = Altered(ours, weight.Scale == 0 ? 1 : weight.Scale, weight.Offset);
        return Computable(ours);
    }

    /// <summary>Throws if the tensors contradict the counts in the configuration, before anything is allocated.</summary>
    /// <param name="file">File with the counts.</param>
    /// <param name="stacks">Stacks of layers: field with the count, path before a layer's number, and the count.</param>
    /// <param name="vocab">Number of token ids, and its field; null: the table itself determines the number.</param>
    /// <exception cref="MalformedFileException">The last layer is missing, or the token table has another number of rows.</exception>
    internal void CheckCounts(string file, IEnumerable<(string Field, string Path, int Layers)> stacks, (string Field, int Count)? vocab = null)
    {
        foreach (var (field, path, layers) in stacks)
        {
            if (names.Map($"{path}/{layers - 1}/attention/query/weight") is { } last && Find(last) is null)
                throw new MalformedFileException(file, $"'{field}': {layers}", $"as many layers as {store.FilePath} has, which holds no tensor '{last.Name}'");
        }
        if (vocab is var (name, count) && names.Map("tokens/weight") is { } table && Find(table) is { Shape: [var rows, ..] } stored && rows != count)
            throw new MalformedFileException(file, $"'{name}': {count}", $"{rows}, the rows of '{stored.Name}' in {stored.FilePath}");
    }

    /// <summary>Whether the file contains a parameter, under any of its names.</summary>
    internal bool Has(Parameter parameter) => names.Map(parameter.Path) is { } weight && Find(weight) is not null;

    /// <summary>The same values, with quantised ones converted to F32.</summary>
    internal static Tensor Plain(Tensor x) => x.DType.IsQuantized() ? As(x, DType.F32) : x;

    /// <summary>The same values in a type that the device supports: F64 is only for the reference device.</summary>
    internal static Tensor Computable(Tensor x) => x.DType == DType.F64 && x.Device.Float != DType.F64 ? As(x, x.Device.Float) : x;

    static Tensor As(Tensor x, DType type)
    {
        var y = x.Device.Empty(x.Shape, type);
        x.Device.Copy(x, y);
        return y;
    }

    /// <summary>
    /// Values for a model of the same trunk with another head. The output layer of a task gets random initial values. So do the other heads
    /// (a pooler, the prediction of masked tokens) if the checkpoint lacks them. A missing weight of the trunk is an error.
    /// </summary>
    internal IWeightSource ForNewHead(ForeignNames model) => new NewHead(new CheckpointWeights(store, model));

    sealed class NewHead(CheckpointWeights weights) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device)
        {
            var (names, part) = (weights.names, parameter.Path.Split('/')[0]);
            if (names.TaskHeads.Contains(part))
                return null;
            return names.Heads.Contains(part) && names.Map(parameter.Path) is { } weight && weights.Find(weight) is null ? null
                : weights.Find(parameter, device);
        }
    }

    StoredTensor? Find(ForeignWeight weight) => First(store, names.Candidates(weight.Name));

    /// <summary>The first existing tensor among several names; null if none exists.</summary>
    internal static StoredTensor? First(ITensorStore store, IEnumerable<string> names) =>
        names.Select(name => store.Tensors.GetValueOrDefault(name)).FirstOrDefault(tensor => tensor is not null);

    /// <summary>Extents in the checkpoint of a parameter: all packed parts along the output axis, transposed if stored so.</summary>
    internal static long[] TheirShape(Shape ours, ForeignWeight weight)
    {
        var shape = Enumerable.Range(0, ours.Rank).Select(axis => (long)ours[axis]).ToArray();
        if (weight.Total != 0)
            shape[0] = weight.Total;
        if (weight.Transposed)
            Array.Reverse(shape);
        if (weight.Stack != 0)
            shape = [weight.Stack, shape[0] / weight.Stack, .. shape[1..]];
        return weight.Row ? [1, .. shape] : shape;
    }

    /// <summary>Values times a factor plus an offset, in the same type.</summary>
    internal static Tensor Altered(Tensor x, float factor, float offset)
    {
        var y = x.Device.Empty(x.Shape, x.DType);
        for (var i = 0L; i < x.Elements; i++)
            y.SetValue(i, x.Value(i) * factor + offset);
        return y;
    }

    /// <summary>Transposes one part of (In, Total) to (Out, In).</summary>
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

    /// <summary>Copies column first + o of x (rows, columns) to row o of y, in squares that fit in the cache.</summary>
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

    /// <summary>Reorders the rows of each head from (2, pair) to (pair, 2).</summary>
    internal static Tensor Interleaved(Tensor theirs, int headWidth)
    {
        var ours = theirs.Device.Empty(theirs.Shape, theirs.DType);
        for (var row = 0; row < theirs.Shape[0]; row++)
            CopyRow(theirs, HalfSplitRow(row, headWidth), ours, row);
        return ours;
    }

    /// <summary>Row of a half-split head for row 2i + s of an interleaved one: s · d/2 + i.</summary>
    internal static int HalfSplitRow(int row, int headWidth)
    {
        var (head, within) = Math.DivRem(row, headWidth);
        return head * headWidth + within % 2 * (headWidth / 2) + within / 2;
    }

    /// <summary>Rows of a parameter in the checkpoint's order.</summary>
    internal static IEnumerable<int> TheirRows(int rows, ForeignWeight weight)
    {
        if (weight.Interleave != 0)
            return Enumerable.Range(0, rows).Select(row => HalfSplitRow(row, weight.Interleave));
        var order = Enumerable.Range(0, rows).ToArray();
        if (weight.Deinterleave != 0)
            Array.Sort([.. order.Select(row => HalfSplitRow(row, weight.Deinterleave))], order);
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
