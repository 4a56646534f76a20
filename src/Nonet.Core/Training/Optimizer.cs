using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>
/// Updates the parameters of a store from their gradients. Parameters that were frozen when the optimiser was created are never changed.
/// </summary>
public abstract class Optimizer(ParameterStore store) : IDisposable
{
    /// <summary>Store whose parameters are updated.</summary>
    protected ParameterStore Store { get; } = store;

    /// <summary>Number of updates so far.</summary>
    public long Steps { get; internal set; }

    /// <summary>
    /// Updates the parameters and clears the gradients. The gradients are first scaled down to a global norm of at most
    /// <paramref name="clip"/>; null: no clipping. Returns the norm before clipping. If the norm is not finite, it throws and changes
    /// nothing.
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

    /// <summary>
    /// State of a parameter from step to step, by name. The tensors are views with the parameter's shape and belong to the open scope.
    /// </summary>
    public abstract IEnumerable<(string Name, Tensor Values)> StateOf(Parameter parameter);

    /// <summary>Makes update number <see cref="Steps"/>. The gradients must be multiplied by the scale as they are read.</summary>
    protected internal abstract void Update(double learningRate, double gradientScale);

    /// <summary>Frees the optimiser's state.</summary>
    public abstract void Dispose();
}
