using System.Globalization;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Where a model first stopped being finite.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Gradient">Whether it is its gradient; else its weight.</param>
/// <param name="Index">First element that is not finite.</param>
/// <param name="Value">That element.</param>
public sealed record NonFinite(string Path, bool Gradient, long Index, double Value)
{
    /// <summary>
    /// The first parameter, by path, with a weight that is not finite; where all weights are finite, the first with such a gradient. Null where there is none either. A gradient
    /// that no backward pass has filled counts as zeros.
    /// </summary>
    public static NonFinite? Find(ParameterStore store)
    {
        store.CompleteGradients();
        return Find(store, gradient: false) ?? Find(store, gradient: true);
    }

    /// <summary>The first weight, by path, that is not finite, whatever its type; null if all are.</summary>
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

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Gradient ? "the gradient of" : "the weight")} {Path} is {Value} at element {Index}");

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
