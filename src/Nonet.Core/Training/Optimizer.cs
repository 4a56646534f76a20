using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Updates the parameters of a store from their gradients. Parameters that are frozen when it is made are never touched.</summary>
public abstract class Optimizer(ParameterStore store) : IDisposable
{
    protected ParameterStore Store { get; } = store;

    /// <summary>Updates made so far.</summary>
    public long Steps { get; internal set; }

    /// <summary>
    /// Updates the parameters from their gradients, scaled down to a global norm of at most <paramref name="clip"/> (null: not clipped),
    /// and forgets the gradients. Returns the norm before clipping. Changes nothing and throws where the norm is not finite.
    /// </summary>
    public double Step(double learningRate, double? clip = null)
    {
        Store.CompleteGradients();
        var norm = Math.Sqrt(Ops.SumOfSquares(Store.Gradients));
        if (!double.IsFinite(norm))
            throw new DivergedException(Steps + 1, "the gradient norm", norm, NonFinite.Find(Store)?.ToString());
        Steps++;
        Update(learningRate, ClipByNorm.Factor(norm, clip));
        Store.ClearGradients();
        return norm;
    }

    /// <summary>What it keeps of a parameter from step to step, by name: views of its shape that belong to the open scope.</summary>
    public abstract IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter);

    /// <summary>Update number <see cref="Steps"/>; gradients are to be read times the scale.</summary>
    protected internal abstract void Update(double learningRate, double gradientScale);

    public abstract void Dispose();
}
