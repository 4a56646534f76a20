using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Settings of <see cref="AdamW"/>. The defaults are those of GPT-3 and LLaMA.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment.</summary>
    [Option("Decay of the first moment.", Least = 0, Below = 1)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment. Small batches need a value closer to 1.</summary>
    [Option("Decay of the second moment. Small batches need a value closer to 1.", Least = 0, Below = 1)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>ε of the denominator.</summary>
    [Option("ε of the denominator.", Least = 0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>λ: weight decay of matrices and embedding tables. Biases and norms do not decay.</summary>
    [Option("λ: weight decay of matrices and embedding tables. Biases and norms do not decay.", Least = 0)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>
    /// Whether the moments are corrected for their start at 0. BERT was trained without this correction; Zhang et al. 2020,
    /// arXiv:2006.05987, trace failed fine-tuning to that.
    /// </summary>
    [Option("Whether the moments are corrected for their start at 0. BERT was trained without this correction; Zhang et al. 2020, arXiv:2006.05987, trace "
        + "failed fine-tuning to that.")]
    public bool BiasCorrection { get; init; } = true;

    /// <summary>
    /// Whether ε is added before the correction of the second moment, as TensorFlow 1 does: its effect is then larger by 1 / √(1 − β₂ᵗ). With
    /// an ε of 1e-5 the first updates differ clearly.
    /// </summary>
    [Option("Whether ε is added before the correction of the second moment, as TensorFlow 1 does: its effect is then larger by 1 / √(1 − β₂ᵗ). With "
        + "an ε of 1e-5 the first updates differ clearly.")]
    public bool FoldedEpsilon { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid setting.</summary>
    public void Check()
    {
        if (Beta1 is not (>= 0 and < 1))
            throw new ArgumentException($"beta1 is {Beta1}; expected a number in [0, 1)");
        if (Beta2 is not (>= 0 and < 1))
            throw new ArgumentException($"beta2 is {Beta2}; expected a number in [0, 1)");
        if (Epsilon is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"epsilon is {Epsilon}; expected a number of at least 0");
        if (WeightDecay is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"weight decay is {WeightDecay}; expected a number of at least 0");
    }
}

/// <summary>
/// Adam with decoupled weight decay over the arenas of a store: Loshchilov and Hutter 2019. Matrices and embedding tables decay; biases and
/// norms do not. BERT and the descendants of GPT-2 use this rule.
/// </summary>
public sealed class AdamW : Optimizer
{
    readonly Run[] runs;
    readonly ParameterArena first, second;

    /// <summary>Creates an optimiser for all trainable parameters.</summary>
    /// <param name="store">A store that was filled for training.</param>
    /// <param name="options">Settings; null: the defaults.</param>
    public AdamW(ParameterStore store, AdamWOptions? options = null) : this(store, options, static _ => true)
    {
    }

    /// <param name="store">A store that was filled for training.</param>
    /// <param name="options">Settings; null: the defaults.</param>
    /// <param name="updates">Selects the parameters to update.</param>
    internal AdamW(ParameterStore store, AdamWOptions? options, Func<Parameter, bool> updates) : base(store)
    {
        Options = options ?? new AdamWOptions();
        Options.Check();
        (first, second) = (store.NewArena(updates), store.NewArena(updates));
        runs = Runs();
    }

    /// <summary>Settings of the optimiser.</summary>
    public AdamWOptions Options { get; }

    /// <summary>Running mean of the gradients of the updated parameters, laid out as in a <see cref="ParameterArena"/>.</summary>
    public Tensor FirstMoments => first.Values;

    /// <summary>Running mean of the squared gradients, laid out like <see cref="FirstMoments"/>.</summary>
    public Tensor SecondMoments => second.Values;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter) =>
        [("first_moment", first.PartOf(parameter)), ("second_moment", second.PartOf(parameter))];

    /// <inheritdoc/>
    protected internal override void Update(double learningRate, double gradientScale)
    {
        var update = new AdamWUpdate
        {
            LearningRate = learningRate,
            Beta1 = Options.Beta1,
            Beta2 = Options.Beta2,
            Epsilon = Options.FoldedEpsilon && Options.BiasCorrection ? Options.Epsilon / Math.Sqrt(1 - Math.Pow(Options.Beta2, Steps)) : Options.Epsilon,
            Step = Steps,
            GradientScale = gradientScale,
            BiasCorrection = Options.BiasCorrection,
        };
        foreach (var run in runs)
        {
            Ops.AdamW(Store.Masters, Store.Gradients, first.Values, second.Values, run.Start, run.Count,
                update with { WeightDecay = run.Decays ? Options.WeightDecay : 0 }, run.MomentStart);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    static bool Decays(ParameterRole role) => role is not (ParameterRole.Bias or ParameterRole.HeadBias or ParameterRole.Norm);

    /// <summary>
    /// Runs of parameters that are neighbours in both arenas and have the same weight decay. The padding between parameters is zero and
    /// stays zero.
    /// </summary>
    Run[] Runs()
    {
        var runs = new List<Run>();
        var extends = false;
        foreach (var p in Store.Trainable)
        {
            var (decays, updated) = (Decays(p.Role), first.Holds(p));
            if (extends && updated && runs[^1].Decays == decays)
                runs[^1] = runs[^1] with { Count = p.Offset + p.Elements - runs[^1].Start };
            else if (updated)
                runs.Add(new Run(p.Offset, first.OffsetOf(p), p.Elements, decays));
            extends = updated;
        }
        return [.. runs];
    }

    readonly record struct Run(long Start, long MomentStart, long Count, bool Decays);
}
