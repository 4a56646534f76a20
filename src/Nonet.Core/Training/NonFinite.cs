using System.Globalization;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>The first number of a model that is not finite.</summary>
/// <param name="Path">Path of the parameter.</param>
/// <param name="Gradient">Whether the number is in its gradient; otherwise it is in its weights.</param>
/// <param name="Index">Index of the first element that is not finite.</param>
/// <param name="Value">Value of that element.</param>
public sealed record NonFinite(string Path, bool Gradient, long Index, double Value)
{
    /// <summary>
    /// Finds the first parameter, by path, with a weight that is not finite. If all weights are finite, finds the first one with a gradient
    /// that is not. Returns null if all numbers are finite. A gradient that no backward pass has filled counts as zeros.
    /// </summary>
    public static NonFinite? Find(ParameterStore store)
    {
        store.CompleteGradients();
        return Find(store, gradient: false) ?? Find(store, gradient: true);
    }

    /// <summary>Finds the first weight, by path, that is not finite, for any type; null if all are finite.</summary>
    public static NonFinite? InWeights(ParameterStore store)
    {
        foreach (var p in store.Parameters)
        {
            using var scope = new TensorScope();
            var values = p.Value.ToDoubles();
            if (Array.FindIndex(values, x => !double.IsFinite(x)) is >= 0 and var i)
                return new NonFinite(p.Path, Gradient: false, i, values[i]);
        }
        return null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Gradient ? "the gradient of" : "the weight")} {Path} is {Value} at element {Index}");

    static NonFinite? Find(ParameterStore store, bool gradient)
    {
        foreach (var p in store.Trainable)
        {
            var x = gradient ? p.Value.Gradient! : p.Value;
            if (double.IsFinite(Ops.SumOfSquares(x)))
                continue;
            var values = x.ToDoubles();
            for (var i = 0; i < values.Length; i++)
            {
                if (!double.IsFinite(values[i]))
                    return new NonFinite(p.Path, gradient, i, values[i]);
            }
        }
        return null;
    }
}
