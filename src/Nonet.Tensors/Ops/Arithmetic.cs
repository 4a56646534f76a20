using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>y = a + b. Both have one shape, or b (C) is added to every row of a (..., C).</summary>
    public static Tensor Add(Tensor a, Tensor b)
    {
        CheckBroadcast("Add", a, b);
        var y = a.Device.Empty(a.Shape);
        a.Device.Add(a, b, y);
        return Tape.IsRecording ? Tape.Record(y, new AddNode(a, b)) : y;
    }

    /// <summary>y = a ⊙ b. Both have one shape, or every row of a (..., C) is multiplied by b (C).</summary>
    public static Tensor Mul(Tensor a, Tensor b)
    {
        CheckBroadcast("Mul", a, b);
        var y = a.Device.Empty(a.Shape);
        a.Device.Mul(a, b, y);
        return Tape.IsRecording ? Tape.Record(y, new MulNode(a, b)) : y;
    }

    /// <summary>y = factor x.</summary>
    public static Tensor Scale(Tensor x, float factor)
    {
        var y = x.Device.Empty(x.Shape);
        x.Device.Scale(x, factor, new GradientTarget(y, add: false));
        return Tape.IsRecording ? Tape.Record(y, new ScaleNode(x, factor)) : y;
    }

    static void CheckBroadcast(string op, Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape && (b.Shape.Rank != 1 || a.Shape.Rank < 2 || b.Shape.Last != a.Shape.Last))
            throw new ShapeException($"{op}: a is {a.Shape} and b {b.Shape}; b needs the same shape, or one row ({a.Shape.Last})");
    }

    sealed class AddNode(Tensor a, Tensor b) : Node(a, b)
    {
        public override void Run(Tensor? dy)
        {
            if (a.Shape == b.Shape)
                a.Device.Accumulate(dy!, Into(1));
            else
                a.Device.SumRows(dy!, Into(1));
            Pass(0, dy!);
        }
    }

    sealed class MulNode(Tensor a, Tensor b) : Node(a, b)
    {
        public override void Run(Tensor? dy) => a.Device.MulBackward(dy!, a, b, Into(0), Into(1));
    }

    sealed class ScaleNode(Tensor x, float factor) : Node(x)
    {
        public override void Run(Tensor? dy) => x.Device.Scale(dy!, factor, Into(0));
    }
}

public abstract partial class Device
{
    /// <summary>y = a + b; b has a's shape or is one row of it.</summary>
    public virtual void Add(Tensor a, Tensor b, Tensor y) => throw Lacks("Add");

    /// <summary>sums (C) = column sums of x (..., C).</summary>
    public virtual void SumRows(Tensor x, GradientTarget sums) => throw Lacks("SumRows");

    /// <summary>y = a ⊙ b; b has a's shape or is one row of it.</summary>
    public virtual void Mul(Tensor a, Tensor b, Tensor y) => throw Lacks("Mul");

    /// <summary>da = dy ⊙ b; db = dy ⊙ a, summed over the rows where b is one row.</summary>
    public virtual void MulBackward(Tensor dy, Tensor a, Tensor b, GradientTarget da, GradientTarget db) => throw Lacks("Mul backward");

    /// <summary>y = factor x.</summary>
    public virtual void Scale(Tensor x, float factor, GradientTarget y) => throw Lacks("Scale");
}
