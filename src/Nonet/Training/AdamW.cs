using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Settings of <see cref="AdamW"/>; the defaults are those of GPT-3 and LLaMA.</summary>
public sealed record AdamWOptions
{
    public double Beta1 { get; init; } = 0.9;
    public double Beta2 { get; init; } = 0.95;
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>λ of the parameters that decay: those of two axes or more.</summary>
    public double WeightDecay { get; init; } = 0.1;

    internal void Check()
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
/// Adam with decoupled weight decay over the arenas of a store: Loshchilov and Hutter 2019. Parameters of two axes or more (matrices
/// and embedding tables) decay, those of one (biases and norm weights) do not: the rule of GPT-2's descendants. Parameters that are
/// frozen when it is made are never touched.
/// </summary>
public sealed class AdamW : IDisposable
{
    readonly ParameterStore store;
    readonly (long Start, long Count, bool Decays)[] ranges;

    public AdamW(ParameterStore store, AdamWOptions? options = null)
    {
        Options = options ?? new AdamWOptions();
        Options.Check();
        this.store = store;
        ranges = Ranges(store);
        FirstMoments = store.NewArena();
        SecondMoments = store.NewArena();
    }

    public AdamWOptions Options { get; }

    /// <summary>Updates made so far.</summary>
    public long Steps { get; internal set; }

    /// <summary>Running mean of the gradients, laid out as the store's masters.</summary>
    public Tensor FirstMoments { get; }

    /// <summary>Running mean of the squared gradients.</summary>
    public Tensor SecondMoments { get; }

    /// <summary>
    /// Updates the parameters from their gradients, scaled down to a global norm of at most <paramref name="clip"/> (null: not clipped),
    /// and forgets the gradients. Returns the norm before clipping. Changes nothing and throws where the norm is not finite.
    /// </summary>
    public double Step(double learningRate, double? clip = null)
    {
        store.CompleteGradients();
        var norm = Math.Sqrt(Ops.SumOfSquares(store.Gradients));
        if (!double.IsFinite(norm))
            throw new DivergedException(Steps + 1, "the gradient norm", norm, NonFinite.Find(store)?.ToString());
        var update = new AdamWUpdate
        {
            LearningRate = learningRate,
            Beta1 = Options.Beta1,
            Beta2 = Options.Beta2,
            Epsilon = Options.Epsilon,
            Step = Steps + 1,
            GradientScale = ClipByNorm.Factor(norm, clip),
        };
        foreach (var (start, count, decays) in ranges)
        {
            Ops.AdamW(store.Masters, store.Gradients, FirstMoments, SecondMoments, start, count,
                update with { WeightDecay = decays ? Options.WeightDecay : 0 });
        }
        store.ClearGradients();
        Steps++;
        return norm;
    }

    public void Dispose()
    {
        FirstMoments.Dispose();
        SecondMoments.Dispose();
    }

    /// <summary>Runs of neighbours in the arena that are updated alike. The padding between two of them is zero and stays zero.</summary>
    static (long, long, bool)[] Ranges(ParameterStore store)
    {
        var ranges = new List<(long Start, long Count, bool Decays)>();
        var extends = false;
        foreach (var p in store.Parameters)
        {
            var decays = p.Shape.Rank >= 2;
            if (extends && !p.Frozen && ranges[^1].Decays == decays)
                ranges[^1] = ranges[^1] with { Count = p.Offset + p.Elements - ranges[^1].Start };
            else if (!p.Frozen)
                ranges.Add((p.Offset, p.Elements, decays));
            extends = !p.Frozen;
        }
        return [.. ranges];
    }
}
