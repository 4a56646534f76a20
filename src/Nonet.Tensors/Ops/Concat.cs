using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>Joins tensors along an axis; their other extents must be equal. Negative axes count from the last.</summary>
    public static Tensor Concat(int axis, params ReadOnlySpan<Tensor> tensors)
    {
        if (tensors.Length == 0)
            throw new ShapeException("Concat: expected at least one tensor");
        var first = tensors[0];
        axis = CheckAxis("Concat", first.Shape, axis);
        var extent = 0;
        foreach (var x in tensors)
        {
            if (x.Shape.Rank != first.Shape.Rank || x.Shape.With(axis, 0) != first.Shape.With(axis, 0) || x.DType != first.DType)
                throw new ShapeException($"Concat along axis {axis}: {x.Shape} {x.DType} does not fit {first.Shape} {first.DType}");
            extent = checked(extent + x.Shape[axis]);
        }
        var y = first.Device.Empty(first.Shape.With(axis, extent), first.DType);
        var offset = 0;
        foreach (var x in tensors)
        {
            y.Device.CopyBlocks(x, Blocks.Of(x.Shape, axis, 0), new GradientTarget(y, add: false), Blocks.Of(y.Shape, axis, offset), Extents.Of(x.Shape, axis));
            offset += x.Shape[axis];
        }
        return Tape.IsRecording ? Tape.Record(y, new ConcatNode(tensors, axis)) : y;
    }

    /// <summary>
    /// Splits a tensor into consecutive parts along an axis; the sizes must sum to its extent. Parts that are contiguous in x share its
    /// storage.
    /// </summary>
    public static Tensor[] Split(Tensor x, int axis, params ReadOnlySpan<int> sizes)
    {
        axis = CheckAxis("Split", x.Shape, axis);
        var total = 0L;
        foreach (var size in sizes)
            total += size;
        if (total != x.Shape[axis])
            throw new ShapeException(
                $"Split: sizes {string.Join(" + ", sizes.ToArray())} = {total} along axis {axis} of {x.Shape}, whose extent is {x.Shape[axis]}");
        var parts = new Tensor[sizes.Length];
        var start = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Part(x, axis, start, sizes[i]);
            start += sizes[i];
        }
        return Tape.IsRecording ? Tape.Record(parts, new SplitNode(x, axis, 0)) : parts;
    }

    /// <summary>Elements [start, start + count) of an axis. They share the storage of x if they are contiguous in it.</summary>
    public static Tensor Slice(Tensor x, int axis, int start, int count)
    {
        axis = CheckAxis("Slice", x.Shape, axis);
        if (start < 0 || count < 0 || (long)start + count > x.Shape[axis])
            throw new ShapeException($"Slice: {count} from {start} along axis {axis} of {x.Shape}, whose extent is {x.Shape[axis]}");
        var part = Part(x, axis, start, count);
        return Tape.IsRecording ? Tape.Record(part, new SplitNode(x, axis, start)) : part;
    }

    static Tensor Part(Tensor x, int axis, int start, int count)
    {
        var shape = x.Shape.With(axis, count);
        var from = Blocks.Of(x.Shape, axis, start);
        var extents = Extents.Of(shape, axis);
        if (extents.Count == 1)
            return x.View(shape, x.DType, from.Offset * x.DType.Size());
        var y = x.Device.Empty(shape, x.DType);
        x.Device.CopyBlocks(x, from, new GradientTarget(y, add: false), Blocks.Of(shape, axis, 0), extents);
        return y;
    }

    static int CheckAxis(string op, Shape shape, int axis) => axis >= -shape.Rank && axis < shape.Rank
        ? axis < 0 ? axis + shape.Rank : axis
        : throw new ShapeException($"{op}: axis {axis} of a tensor of shape {shape}");

    sealed class ConcatNode(ReadOnlySpan<Tensor> tensors, int axis) : Node(Nullable(tensors))
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var offset = 0;
            for (var i = 0; i < Inputs.Length; i++)
            {
                var x = Inputs[i]!;
                if (Wants(i))
                    x.Device.CopyBlocks(dy!, Blocks.Of(dy!.Shape, axis, offset), Into(i), Blocks.Of(x.Shape, axis, 0), Extents.Of(x.Shape, axis));
                offset += x.Shape[axis];
            }
        }

        static ReadOnlySpan<Tensor?> Nullable(ReadOnlySpan<Tensor> tensors) => tensors!;
    }

    /// <summary>The outputs are consecutive parts of x; the first begins at <paramref name="start"/>.</summary>
    sealed class SplitNode(Tensor x, int axis, int start) : Node(x)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var into = Into(0);
            var covered = 0;
            for (var i = 0; i < Outputs.Length; i++)
                covered += GradientOf(i) is null ? 0 : Outputs[i].Shape[axis];
            if (!into.Add && covered != x.Shape[axis])
                x.Device.Fill(into.Tensor, 0);
            var at = start;
            for (var i = 0; i < Outputs.Length; i++)
            {
                var shape = Outputs[i].Shape;
                if (GradientOf(i) is { } part)
                    x.Device.CopyBlocks(part, Blocks.Of(shape, axis, 0), into, Blocks.Of(x.Shape, axis, at), Extents.Of(shape, axis));
                at += shape[axis];
            }
        }
    }
}

/// <summary>Start of equal blocks of elements in a tensor: Offset, Offset + Stride, ...</summary>
public readonly record struct Blocks(long Offset, long Stride)
{
    /// <summary>Blocks that begin at index <paramref name="start"/> of an axis.</summary>
    internal static Blocks Of(Shape shape, int axis, int start)
    {
        var inner = Extents.Inner(shape, axis);
        return new Blocks(start * inner, shape[axis] * inner);
    }
}

/// <summary>Number of blocks, and elements of each.</summary>
public readonly record struct Extents(int Count, long Length)
{
    /// <summary>A tensor as one block per index of the axes before <paramref name="axis"/>.</summary>
    internal static Extents Of(Shape shape, int axis)
    {
        var outer = 1;
        for (var i = 0; i < axis; i++)
            outer = checked(outer * shape[i]);
        return new Extents(outer, shape[axis] * Inner(shape, axis));
    }

    internal static long Inner(Shape shape, int axis)
    {
        var inner = 1L;
        for (var i = axis + 1; i < shape.Rank; i++)
            inner *= shape[i];
        return inner;
    }
}

public abstract partial class Device
{
    /// <summary>Copies blocks of x to blocks of y, or adds them. Both have the same dtype.</summary>
    public virtual void CopyBlocks(Tensor x, Blocks from, GradientTarget y, Blocks to, Extents extents) => throw Lacks("CopyBlocks");
}
