using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Rotary position embedding. In each head, the pair of features (a, b) of frequency θᵢ is rotated by the angle position · θᵢ: it
    /// becomes (a cos − b sin, a sin + b cos). The score of two rows then depends on the difference of their positions. Su et al. 2021, eq.
    /// 34. Features beyond the table's width pass unchanged. The backward pass rotates by the opposite angle.
    /// </summary>
    /// <param name="x">(N, Heads · HeadWidth).</param>
    /// <param name="positions">(N) positions below the table's context.</param>
    /// <param name="table">Frequencies and layout; its width is at most headWidth.</param>
    /// <param name="headWidth">Features of a head.</param>
    public static Tensor Rotary(Tensor x, Indices positions, RotaryTable table, int headWidth)
    {
        if (x.Shape.Rank == 0 || headWidth < table.Width || x.Shape.Last % headWidth != 0)
            throw new ShapeException(
                $"Rotary: {x.Shape} needs heads of at least the table's {table.Width} features that divide its last extent; their width is {headWidth}");
        if (positions.Count != x.Shape.Rows)
            throw new ShapeException($"Rotary: {x.Shape} needs {x.Shape.Rows} positions, one a row; they are {positions.Shape}");
        if (table.Device != x.Device)
            throw new ShapeException($"Rotary: x is on device '{x.Device.Name}', the table is of another, '{table.Device.Name}'");
        if (positions.FirstOutside(0, table.Context - 1) is { } bad)
            throw new ShapeException(
                $"Rotary: position {positions.Values[bad]} at index {bad}; the table covers 0 to {table.Context - 1} (the model's context)");
        var y = x.Device.Empty(x.Shape);
        x.Device.Rotary(x, positions, table, headWidth, inverse: false, new GradientTarget(y, add: false));
        return Tape.IsRecording ? Tape.Record(y, new RotaryNode(x, positions, table, headWidth)) : y;
    }

    sealed class RotaryNode(Tensor x, Indices positions, RotaryTable table, int headWidth) : Node(x)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy) => x.Device.Rotary(dy!, positions, table, headWidth, inverse: true, Reuse(0, dy!));
    }
}

public abstract partial class Device
{
    /// <summary>y = or += x rotated by the angles of the positions, or by the opposite angles. y may be the buffer of x.</summary>
    public virtual void Rotary(Tensor x, Indices positions, RotaryTable table, int headWidth, bool inverse, GradientTarget y) => throw Lacks("Rotary");
}
