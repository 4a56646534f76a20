using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Settings of <see cref="AdamW"/>; the defaults are those of GPT-3 and LLaMA.</summary>
public sealed record AdamWOptions
{
    [Option("Decay of the first moment.", Least = 0, Below = 1)]
    public double Beta1 { get; init; } = 0.9;

    [Option("Decay of the second moment; nearer to 1 for small batches.", Least = 0, Below = 1)]
    public double Beta2 { get; init; } = 0.95;

    [Option("ε of the denominator.", Least = 0)]
    public double Epsilon { get; init; } = 1e-8;

    [Option("λ of the matrices and tables. Biases and norms do not decay.", Least = 0)]
    public double WeightDecay { get; init; } = 0.1;

    [Option("Whether the moments, which begin at 0, are divided by what they lack. BERT was trained without; Zhang et al. 2020, arXiv:2006.05987, trace failed fine-tuning to that.")]
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first setting that makes no sense.</summary>
    public void Check()
    {
        if (Beta1 is not (>= 0 and < 1))
            throw new ArgumentException($"beta1 is {Beta1}: a number in [0, 1) is needed");
        if (Beta2 is not (>= 0 and < 1))
            throw new ArgumentException($"beta2 is {Beta2}: a number in [0, 1) is needed");
        if (Epsilon is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"epsilon is {Epsilon}: a number of at least 0 is needed");
        if (WeightDecay is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"weight decay is {WeightDecay}: a number of at least 0 is needed");
    }
}

/// <summary>
/// Adam with decoupled weight decay over the arenas of a store: Loshchilov and Hutter 2019. Matrices and embedding tables decay, biases and
/// norms do not: the rule of BERT and of GPT-2's descendants.
/// </summary>
public sealed class AdamW : Optimizer
{
    readonly Run[] runs;
    readonly ParameterArena first, second;

    public AdamW(ParameterStore store, AdamWOptions? options = null) : this(store, options, static _ => true)
    {
    }

    /// <param name="store">Filled for training.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="updates">Which parameters it updates.</param>
    internal AdamW(ParameterStore store, AdamWOptions? options, Func<Parameter, bool> updates) : base(store)
    {
        Options = options ?? new AdamWOptions();
        Options.Check();
        (first, second) = (store.NewArena(updates), store.NewArena(updates));
        runs = Runs();
    }

    public AdamWOptions Options { get; }

    /// <summary>Running mean of the gradients of the parameters that it updates, as a <see cref="ParameterArena"/> lays them out.</summary>
    public Tensor FirstMoments => first.Values;

    /// <summary>Running mean of the squared gradients.</summary>
    public Tensor SecondMoments => second.Values;

    public override IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter) =>
        [("first_moment", first.PartOf(parameter)), ("second_moment", second.PartOf(parameter))];

    protected internal override void Update(double learningRate, double gradientScale)
    {
        var update = new AdamWUpdate
        {
            LearningRate = learningRate,
            Beta1 = Options.Beta1,
            Beta2 = Options.Beta2,
            Epsilon = Options.Epsilon,
            Step = Steps,
            GradientScale = gradientScale,
            BiasCorrection = Options.BiasCorrection,
        };
        foreach (var run in runs)
        {
            Ops.AdamW(Store.Masters, Store.Gradients, first.Values, second.Values, run.Start, run.Count, update with { WeightDecay = run.Decays ? Options.WeightDecay : 0 }, run.MomentStart);
        }
    }

    public override void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    static bool Decays(ParameterRole role) => role is not (ParameterRole.Bias or ParameterRole.HeadBias or ParameterRole.Norm);

    /// <summary>Runs of neighbours in both arenas that are updated alike. The padding between two of them is zero and stays zero.</summary>
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
