namespace Nonet.Tensors;

/// <summary>Settings of one Adafactor update.</summary>
public readonly record struct AdafactorUpdate
{
    /// <summary>α of this step, after the schedule.</summary>
    public double LearningRate { get; init; }

    /// <summary>β̂₂ of this step: decay of the second moment.</summary>
    public double Decay { get; init; }

    /// <summary>ε₁: added to the squared gradients.</summary>
    public double Epsilon { get; init; }

    /// <summary>ε₂: the rate is multiplied by the root mean square of the parameter, or by ε₂ if that is larger; null: the rate is not scaled.</summary>
    public double? LeastScale { get; init; }

    /// <summary>d: an update whose root mean square is larger is scaled down to it.</summary>
    public double Threshold { get; init; }

    /// <summary>λ: weight decay, decoupled from the gradient.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Factor of the gradients as they are read.</summary>
    public double GradientScale { get; init; }

    /// <summary>Creates an update with ε₁ = 1e-30, ε₂ = 1e-3, d = 1, no weight decay and a gradient scale of 1.</summary>
    public AdafactorUpdate() => (Epsilon, LeastScale, Threshold, GradientScale) = (1e-30, 1e-3, 1, 1);
}

public static partial class Ops
{
    /// <summary>
    /// One Adafactor update of a parameter, in place. With s² = g² + ε₁, a matrix (n, m) keeps R (n), the running mean of the row means of s², and C
    /// (m), the running mean of the column means: R ← β R + (1-β) mean over columns, C ← β C + (1-β) mean over rows, V = R C / mean(R). A vector
    /// keeps V itself, in R: V ← β V + (1-β) s². With α' = α max(ε₂, RMS(w)), U = g / √V and U ← U / max(1, RMS(U) / d): w ← w - α' U - α' λ w.
    /// Shazeer and Stern 2018, "Adafactor", algorithms 4 and 5, without a relative step. The gradients do not change.
    /// </summary>
    /// <param name="w">A matrix or a vector.</param>
    /// <param name="g">Its gradient.</param>
    /// <param name="rows">R (n); for a vector, V.</param>
    /// <param name="columns">C (m); null for a vector.</param>
    /// <param name="update">Settings of the update.</param>
    public static void Adafactor(Tensor w, Tensor g, Tensor rows, Tensor? columns, in AdafactorUpdate update)
    {
        var factored = w.Shape.Rank == 2;
        if (w.Shape.Rank is not (1 or 2) || g.Shape != w.Shape || rows.Shape != new Shape(w.Shape[0])
            || columns?.Shape != (factored ? new Shape(w.Shape[1]) : null))
            throw new ShapeException(
                $"Adafactor of a parameter {w.Shape} with a gradient {g.Shape} and moments {rows.Shape} and {columns?.Shape.ToString() ?? "none"}: expected "
                + "one moment per row and one per column of a matrix, or one per element of a vector");
        if (update.Decay is not (>= 0 and < 1))
            throw new ArgumentException($"Adafactor with a decay of {update.Decay}; expected a number in [0, 1)", nameof(update));
        w.Device.Adafactor(w, g, rows, columns, update);
    }
}

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.Adafactor"/>.</summary>
    public virtual void Adafactor(Tensor w, Tensor g, Tensor rows, Tensor? columns, in AdafactorUpdate update) => throw Lacks("Adafactor");
}
