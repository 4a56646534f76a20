namespace Nonet.Tensors;

/// <summary>Settings of one AdamW update.</summary>
public readonly record struct AdamWUpdate
{
    /// <summary>η of this step, after the schedule.</summary>
    public double LearningRate { get; init; }

    /// <summary>β₁: decay of the mean of the gradients.</summary>
    public double Beta1 { get; init; }

    /// <summary>β₂: decay of the mean of the squared gradients.</summary>
    public double Beta2 { get; init; }

    /// <summary>ε: added to the root.</summary>
    public double Epsilon { get; init; }

    /// <summary>λ: weight decay, decoupled from the gradient; 0 for parameters without decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>t: number of this update, from 1.</summary>
    public long Step { get; init; }

    /// <summary>Factor of the gradients as they are read. Clipping therefore needs no pass of its own.</summary>
    public double GradientScale { get; init; }

    /// <summary>
    /// Whether the moments are divided by 1 - βᵗ. The optimiser released with BERT does not divide, and the schedules published for it
    /// assume so.
    /// </summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Creates an update with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, no weight decay and a gradient scale of 1.</summary>
    public AdamWUpdate() => (Beta1, Beta2, Epsilon, Step, GradientScale) = (0.9, 0.999, 1e-8, 1, 1);

    /// <summary>1 - β₁ᵗ: the first moment is too small by this factor; 1 without correction.</summary>
    internal double Correction1 => BiasCorrection ? 1 - Math.Pow(Beta1, Step) : 1;

    /// <summary>1 - β₂ᵗ: the second moment is too small by this factor; 1 without correction.</summary>
    internal double Correction2 => BiasCorrection ? 1 - Math.Pow(Beta2, Step) : 1;
}

public static partial class Ops
{
    /// <summary>
    /// One AdamW update of a range of elements of flat arenas, in one pass and in place:
    /// g ← s g, m ← β₁ m + (1-β₁) g, v ← β₂ v + (1-β₂) g²,
    /// w ← w - η (m / (1-β₁ᵗ) / (√(v / (1-β₂ᵗ)) + ε) + λ w). The gradients are left as they are.
    /// Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2; ε outside the root as in Kingma and Ba 2015.
    /// Without <see cref="AdamWUpdate.BiasCorrection"/> m and v are not divided: Devlin et al. 2018, the released optimization.py.
    /// </summary>
    /// <param name="w">Parameters.</param>
    /// <param name="g">Gradients, laid out like the parameters.</param>
    /// <param name="m">First moments.</param>
    /// <param name="v">Second moments, laid out like the first.</param>
    /// <param name="start">Index of the first parameter and gradient.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="update">Settings of the update.</param>
    /// <param name="momentStart">Index of the first moment, if the moments leave out some parameters; null: <paramref name="start"/>.</param>
    public static void AdamW(Tensor w, Tensor g, Tensor m, Tensor v, long start, long count, in AdamWUpdate update, long? momentStart = null)
    {
        if (g.Elements != w.Elements || v.Elements != m.Elements || (momentStart is null && m.Elements != w.Elements))
            throw new ShapeException($"AdamW over parameters {w.Shape}, gradients {g.Shape}, moments {m.Shape} and {v.Shape}; expected equal element counts");
        if (start < 0 || count < 0 || start > w.Elements - count)
            throw new ShapeException($"AdamW over elements [{start}, {start + count}) of {w.Elements}");
        if (momentStart is { } first && (first < 0 || first > m.Elements - count))
            throw new ShapeException($"AdamW over moments [{first}, {first + count}) of {m.Elements}");
        if (update.Step < 1)
            throw new ArgumentException($"AdamW step {update.Step}: steps are counted from 1", nameof(update));
        w.Device.AdamW(w, g, m, v, start, momentStart ?? start, count, update);
    }
}

public abstract partial class Device
{
    /// <summary>See <see cref="Ops.AdamW"/>.</summary>
    public virtual void AdamW(Tensor w, Tensor g, Tensor m, Tensor v, long start, long momentStart, long count, in AdamWUpdate update) => throw Lacks("AdamW");
}
