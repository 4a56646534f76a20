using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Training;

/// <summary>
/// Adds a running average of the weights to another optimiser. After update t, average ← d average + (1 − d) weights with d = min(decay, (1
/// + t) / (10 + t)), so that the first weights are soon forgotten. The average is the better model (Polyak and Juditsky 1992; Izmailov et
/// al. 2018); training continues from the weights.
/// </summary>
public sealed class Ema : Optimizer
{
    readonly Optimizer inner;
    readonly double decay;
    readonly Tensor other;

    /// <param name="store">A store that was filled for training.</param>
    /// <param name="inner">Optimiser that makes the updates. This object disposes of it.</param>
    /// <param name="decay">In (0, 1).</param>
    public Ema(ParameterStore store, Optimizer inner, double decay) : base(store)
    {
        Check(decay);
        (this.inner, this.decay) = (inner, decay);
        other = store.NewArena();
        store.Device.Copy(store.Masters, other);
    }

    /// <summary>Throws an <see cref="ArgumentException"/> if the decay is not in (0, 1).</summary>
    public static void Check(double decay)
    {
        if (decay is not (> 0 and < 1))
            throw new ArgumentException($"ema_decay is {decay}; expected a number in (0, 1)");
    }

    /// <summary>Whether the store now holds the average, and this object the weights.</summary>
    public bool Averaged { get; private set; }

    /// <summary>Exchanges weights and average. Call it before and after an evaluation or a checkpoint.</summary>
    public void Swap()
    {
        const int Piece = 1 << 20;
        var device = Store.Device;
        var count = (int)Store.ArenaElements;
        for (var i = 0; i < count; i += Piece)
        {
            using var scope = new TensorScope();
            var (weights, average) = (Ops.Slice(Store.Masters, 0, i, Math.Min(Piece, count - i)), Ops.Slice(other, 0, i, Math.Min(Piece, count - i)));
            var held = device.Empty(weights.Shape, weights.DType);
            device.Copy(weights, held);
            device.Copy(average, weights);
            device.Copy(held, average);
        }
        Averaged = !Averaged;
    }

    /// <summary>
    /// State of the inner optimiser, and the weights as "weights": the model of a checkpoint is the average. Read and restore it while the
    /// store holds the average.
    /// </summary>
    public override IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter) =>
        inner.StateOf(parameter).Append(("weights", Store.PartOf(other, parameter)));

    /// <summary>Call this after restoring a checkpoint, whose model is the average.</summary>
    public void Restored()
    {
        Averaged = true;
        Swap();
    }

    /// <inheritdoc/>
    protected internal override void Update(double learningRate, double gradientScale)
    {
        if (Averaged)
            throw new InvalidOperationException("the store holds the average of the weights: call Swap before an update");
        inner.Steps = Steps;
        inner.Update(learningRate, gradientScale);
        var d = Math.Min(decay, (1.0 + Steps) / (10.0 + Steps));
        Store.Device.Scale(other, (float)d, new GradientTarget(other, add: false));
        Store.Device.Scale(Store.Masters, (float)(1 - d), new GradientTarget(other, add: true));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        inner.Dispose();
        other.Dispose();
    }
}
