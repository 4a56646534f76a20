using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// y = w ⊙ (x - mean(x)) / sqrt(var(x) + ε) + b over the last axis. The variance of a row is divided by C. Ba, Kiros and Hinton 2016,
    /// "Layer normalization". x (..., C), w (C), b (C) or null. Keeps x and, for each row, the mean and 1/deviation.
    /// </summary>
    public static Tensor LayerNorm(Tensor x, Tensor w, Tensor? b, float epsilon)
    {
        CheckNorm("LayerNorm", x, w, b, epsilon);
        var y = x.Device.Empty(x.Shape);
        var statistics = Tape.Records(x, w, b) ? x.Device.Empty(new Shape(2, x.Shape.Rows)) : null;
        x.Device.LayerNorm(x, w, b, epsilon, y, statistics);
        return statistics is null ? y : Tape.Record(y, new LayerNormNode(x, w, b, statistics));
    }

    /// <summary>
    /// y = (w + offset) ⊙ x / sqrt(mean(x²) + ε) over the last axis. Zhang and Sennrich 2019, eq. 4. The offset is 1 for models that store
    /// the gain minus one (Gemma). x (..., C), w (C). Keeps x and, for each row, the factor 1/sqrt.
    /// </summary>
    public static Tensor RmsNorm(Tensor x, Tensor w, float epsilon, float offset = 0)
    {
        CheckNorm("RmsNorm", x, w, null, epsilon);
        var y = x.Device.Empty(x.Shape);
        var statistics = Tape.Records(x, w) ? x.Device.Empty(new Shape(x.Shape.Rows)) : null;
        x.Device.RmsNorm(x, w, epsilon, offset, y, statistics);
        return statistics is null ? y : Tape.Record(y, new RmsNormNode(x, w, offset, statistics));
    }

    static void CheckNorm(string op, Tensor x, Tensor w, Tensor? b, float epsilon)
    {
        if (x.Shape.Rank == 0 || x.Shape.Last == 0 || w.Shape != new Shape(x.Shape.Last))
            throw new ShapeException($"{op}: x {x.Shape} needs a gain of ({x.Shape.Last}); it is {w.Shape}");
        if (b is not null && b.Shape != w.Shape)
            throw new ShapeException($"{op}: x {x.Shape} needs a bias of ({x.Shape.Last}); it is {b.Shape}");
        if (!(epsilon >= 0 && float.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, $"{op} needs a finite epsilon of at least 0");
    }

    sealed class LayerNormNode(Tensor x, Tensor w, Tensor? b, Tensor statistics) : Node(x, w, b)
    {
        public override void Run(Tensor? dy) => x.Device.LayerNormBackward(dy!, x, w, statistics, Into(0), Into(1), Into(2));
    }

    sealed class RmsNormNode(Tensor x, Tensor w, float offset, Tensor statistics) : Node(x, w)
    {
        public override void Run(Tensor? dy) => x.Device.RmsNormBackward(dy!, x, w, offset, statistics, Into(0), Into(1));
    }
}

public abstract partial class Device
{
    /// <summary>y = w ⊙ (x - mean) / sqrt(var + ε) + b. If not null, statistics (2, rows) receives the means, then 1 / sqrt(var + ε).</summary>
    public virtual void LayerNorm(Tensor x, Tensor w, Tensor? b, float epsilon, Tensor y, Tensor? statistics) => throw Lacks("LayerNorm");

    /// <summary>With n = (x - mean) / deviation and g = w ⊙ dy: dx = (g - mean(g) - n mean(g ⊙ n)) / deviation; dw = Σ dy ⊙ n, db = Σ dy over rows.</summary>
    public virtual void LayerNormBackward(Tensor dy, Tensor x, Tensor w, Tensor statistics, GradientTarget dx, GradientTarget dw, GradientTarget db) =>
        throw Lacks("LayerNorm backward");

    /// <summary>y = (w + offset) ⊙ x / sqrt(mean(x²) + ε). If not null, statistics (rows) receives 1 / sqrt(mean(x²) + ε).</summary>
    public virtual void RmsNorm(Tensor x, Tensor w, float epsilon, float offset, Tensor y, Tensor? statistics) => throw Lacks("RmsNorm");

    /// <summary>With n = x s, s the statistics, and g = (w + offset) ⊙ dy: dx = s (g - n mean(g ⊙ n)); dw = Σ dy ⊙ n over rows.</summary>
    public virtual void RmsNormBackward(Tensor dy, Tensor x, Tensor w, float offset, Tensor statistics, GradientTarget dx, GradientTarget dw) =>
        throw Lacks("RmsNorm backward");
}
