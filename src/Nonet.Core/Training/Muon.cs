using Nonet.Files;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Training;

/// <summary>Settings of <see cref="Muon"/>.</summary>
public sealed record MuonOptions
{
    /// <summary>μ: decay of the running sum of gradients.</summary>
    [Option("μ: decay of the running sum of gradients.", Least = 0, Below = 1)]
    public double Momentum { get; init; } = 0.95;

    /// <summary>λ: decoupled weight decay of the hidden matrices.</summary>
    [Option("λ: decoupled weight decay of the hidden matrices.", Least = 0)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Learning rate of the hidden matrices, as a multiple of the learning rate of the other parameters.</summary>
    [Option("Learning rate of the hidden matrices, as a multiple of the learning rate of the other parameters.", Above = 0)]
    public double RateFactor { get; init; } = 1;

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid setting.</summary>
    public void Check()
    {
        if (Momentum is not (>= 0 and < 1))
            throw new ArgumentException($"muon.momentum is {Momentum}; expected a number in [0, 1)");
        if (WeightDecay is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"muon.weight_decay is {WeightDecay}; expected a number of at least 0");
        if (RateFactor is not (> 0 and < double.PositiveInfinity))
            throw new ArgumentException($"muon.rate_factor is {RateFactor}; expected a number above 0");
    }
}

/// <summary>
/// Muon for hidden matrices, and AdamW for the other parameters (tables, output, norms, biases). The update of a matrix is its Nesterov
/// momentum, made nearly orthogonal by five Newton-Schulz steps: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural
/// networks". It is scaled by 0.2 · √max(rows, columns), so that it is about as large as an AdamW update and the learning rate and weight
/// decay of AdamW can be reused: Liu et al. 2025 (Moonlight), equation 4.
/// </summary>
public sealed class Muon : Optimizer
{
    readonly AdamW rest;
    readonly ParameterArena momentum;
    readonly Matrix[] matrices;
    readonly MuonOptions options;

    /// <summary>Creates an optimiser for all trainable parameters.</summary>
    /// <param name="store">A store that was filled for training.</param>
    /// <param name="options">Settings for the hidden matrices; null: the defaults.</param>
    /// <param name="adamW">Settings for the other parameters; null: the defaults.</param>
    public Muon(ParameterStore store, MuonOptions? options = null, AdamWOptions? adamW = null) : base(store)
    {
        this.options = options ?? new MuonOptions();
        this.options.Check();
        rest = new AdamW(store, adamW, p => !IsHidden(p));
        momentum = store.NewArena(IsHidden);
        using var scope = new TensorScope();
        var newtonSchulz = new Dictionary<Shape, NewtonSchulz>();
        matrices = [.. store.Trainable.Where(IsHidden).Select(p =>
        {
            if (!newtonSchulz.TryGetValue(p.Shape, out var shared))
                newtonSchulz[p.Shape] = shared = new NewtonSchulz(store.Device, p.Shape);
            return new Matrix(p.Value, store.PartOf(store.Gradients, p).Unscoped(), momentum.PartOf(p).Unscoped(), shared);
        })];
    }

    /// <summary>Whether Muon updates a parameter: a matrix inside the network.</summary>
    public static bool IsHidden(Parameter parameter) => parameter.Role == ParameterRole.Matrix;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter) =>
        IsHidden(parameter) ? [("momentum", momentum.PartOf(parameter))] : rest.StateOf(parameter);

    /// <inheritdoc/>
    protected internal override void Update(double learningRate, double gradientScale)
    {
        rest.Steps = Steps;
        rest.Update(learningRate, gradientScale);
        var (rate, decay, scale) = (learningRate * options.RateFactor, (float)options.Momentum, (float)gradientScale);
        var device = Store.Device;
        foreach (var (weights, gradient, sum, newtonSchulz) in matrices)
        {
            device.Scale(sum, decay, new GradientTarget(sum, add: false));
            device.Scale(gradient, scale, new GradientTarget(sum, add: true));
            var ahead = newtonSchulz.Input;
            device.Scale(sum, decay, new GradientTarget(ahead, add: false));
            device.Scale(gradient, scale, new GradientTarget(ahead, add: true));
            var update = newtonSchulz.Run();
            device.Scale(weights, (float)(1 - rate * options.WeightDecay), new GradientTarget(weights, add: false));
            device.Scale(update, (float)(-rate * 0.2 * Math.Sqrt(Math.Max(weights.Shape[0], weights.Shape[1]))), new GradientTarget(weights, add: true));
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        rest.Dispose();
        momentum.Dispose();
        foreach (var shared in matrices.Select(m => m.NewtonSchulz).Distinct())
            shared.Dispose();
    }

    sealed record Matrix(Tensor Weights, Tensor Gradient, Tensor Sum, NewtonSchulz NewtonSchulz);
}
