using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Settings of <see cref="Adafactor"/>. The defaults are those of T5.</summary>
public sealed record AdafactorOptions
{
    /// <summary>c: the second moment decays by 1 − t^−c at step t.</summary>
    [Option("c: the second moment decays by 1 − t^−c at step t.", Above = 0, Most = 1)]
    public double DecayPower { get; init; } = 0.8;

    /// <summary>d: if the root mean square of a parameter's update exceeds d, the update is scaled down to d.</summary>
    [Option("d: if the root mean square of a parameter's update exceeds d, the update is scaled down to d.", Above = 0)]
    public double Threshold { get; init; } = 1;

    /// <summary>
    /// Whether to multiply the learning rate by the root mean square of each parameter, or by least_scale if that is larger. The rates published for T5
    /// assume this.
    /// </summary>
    [Option("Whether to multiply the learning rate by the root mean square of each parameter, or by least_scale if that is larger. The rates published for "
        + "T5 assume this.")]
    public bool ScaleByParameter { get; init; } = true;

    /// <summary>ε₂: lower bound of the root mean square of a parameter.</summary>
    [Option("ε₂: lower bound of the root mean square of a parameter.", Above = 0)]
    public double LeastScale { get; init; } = 1e-3;

    /// <summary>λ: weight decay of all parameters.</summary>
    [Option("λ: weight decay of all parameters.", Least = 0)]
    public double WeightDecay { get; init; }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid setting.</summary>
    public void Check()
    {
        if (DecayPower is not (> 0 and <= 1))
            throw new ArgumentException($"adafactor.decay_power is {DecayPower}; expected a number in (0, 1]");
        if (Threshold is not (> 0 and < double.PositiveInfinity))
            throw new ArgumentException($"adafactor.threshold is {Threshold}; expected a number above 0");
        if (LeastScale is not (> 0 and < double.PositiveInfinity))
            throw new ArgumentException($"adafactor.least_scale is {LeastScale}; expected a number above 0");
        if (WeightDecay is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"adafactor.weight_decay is {WeightDecay}; expected a number of at least 0");
    }
}

/// <summary>
/// Adafactor as T5 uses it: no first moment, a second moment of matrices that is factored into rows and columns, and no relative step, so that the
/// schedule gives the rate. Its state for a matrix has rows + columns numbers, instead of twice rows · columns as in AdamW. Shazeer and Stern 2018.
/// </summary>
public sealed class Adafactor : Optimizer
{
    readonly AdafactorOptions options;
    readonly Slot[] slots;
    readonly Dictionary<Parameter, Slot> bySlot;

    /// <summary>Creates an optimiser for all trainable parameters.</summary>
    /// <param name="store">A store that was filled for training.</param>
    /// <param name="options">Settings; null: the defaults.</param>
    public Adafactor(ParameterStore store, AdafactorOptions? options = null) : base(store)
    {
        this.options = options ?? new AdafactorOptions();
        this.options.Check();
        using var scope = new TensorScope();
        slots = [.. store.Trainable.Select(p => new Slot(p, store.PartOf(store.Masters, p).Unscoped(), store.PartOf(store.Gradients, p).Unscoped(),
            store.Device.Full(new Shape(p.Shape[0]), store.MasterType, 0).Unscoped(), p.Shape.Rank == 2
                ? store.Device.Full(new Shape(p.Shape[1]), store.MasterType, 0).Unscoped() : null))];
        bySlot = slots.ToDictionary(s => s.Parameter);
    }

    /// <summary>Number of elements in the optimiser's state of a parameter.</summary>
    public static long StateElements(Parameter parameter) => parameter.Shape.Rank == 2 ? parameter.Shape[0] + (long)parameter.Shape[1] : parameter.Elements;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter) => bySlot[parameter] switch
    {
        { Columns: { } columns } slot => [("second_moment_rows", slot.Rows), ("second_moment_columns", columns)],
        var slot => [("second_moment", slot.Rows)],
    };

    /// <inheritdoc/>
    protected internal override void Update(double learningRate, double gradientScale)
    {
        var update = new AdafactorUpdate
        {
            LearningRate = learningRate,
            Decay = 1 - Math.Pow(Steps, -options.DecayPower),
            LeastScale = options.ScaleByParameter ? options.LeastScale : null,
            Threshold = options.Threshold,
            WeightDecay = options.WeightDecay,
            GradientScale = gradientScale,
        };
        foreach (var slot in slots)
            Ops.Adafactor(slot.Weights, slot.Gradient, slot.Rows, slot.Columns, update);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var slot in slots)
        {
            slot.Rows.Dispose();
            slot.Columns?.Dispose();
        }
    }

    sealed record Slot(Parameter Parameter, Tensor Weights, Tensor Gradient, Tensor Rows, Tensor? Columns);
}
