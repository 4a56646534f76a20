using Nonet.Data;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>Mean squared norms of the gradients of small batches and of all of them together, from which the noise scale follows: McCandlish et al. 2018, appendix A.1.</summary>
/// <param name="NormSmall">Mean of |g|² over the small batches.</param>
/// <param name="NormBig">|g|² of all of them as one batch.</param>
/// <param name="BatchSmall">Tokens of a small batch, b.</param>
/// <param name="BatchBig">Tokens of all, B.</param>
public readonly record struct GradientNoise(double NormSmall, double NormBig, long BatchSmall, long BatchBig)
{
    /// <summary>|G|² of the true gradient without bias: (B |g_B|² − b |g_b|²) / (B − b). Not above 0 where the noise drowns it.</summary>
    public double SquaredGradient => (BatchBig * NormBig - BatchSmall * NormSmall) / (BatchBig - BatchSmall);

    /// <summary>tr Σ of the gradient of one token without bias: (|g_b|² − |g_B|²) / (1/b − 1/B).</summary>
    public double Trace => (NormSmall - NormBig) / (1.0 / BatchSmall - 1.0 / BatchBig);

    /// <summary>tr Σ / |G|² in tokens, the batch at which noise and gradient are as large (eq. 2.9); null where the batches do not tell.</summary>
    public double? Scale => SquaredGradient > 0 && Trace > 0 ? Trace / SquaredGradient : null;

    /// <summary>Measures a model as it stands; its gradients are forgotten, its weights stay.</summary>
    /// <param name="model">Filled for training.</param>
    /// <param name="source">Text; its batches are the small ones.</param>
    /// <param name="first">The first of the batches.</param>
    /// <param name="count">How many small batches: at least 2.</param>
    public static GradientNoise Measure(ICausalModel model, BatchSource source, long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        var parameters = model.Parameters;
        var (tokens, small) = ((long)source.Batch * source.Context, 0.0);
        parameters.ClearGradients();
        for (var i = 0; i < count; i++)
        {
            Add(i, tokens);
            small += Norm() / count;
        }
        for (var i = 0; i < count; i++)
            Add(i, tokens * count);
        return new GradientNoise(small, Norm(), tokens, tokens * count);

        void Add(int part, long total)
        {
            using var scope = new TensorScope();
            var (batch, targets) = MicroBatch.Read(source, first + part, parameters.Device);
            MicroBatch.Backward(model, batch, targets, total);
        }

        double Norm()
        {
            parameters.CompleteGradients();
            var norm = Ops.SumOfSquares(parameters.Gradients);
            parameters.ClearGradients();
            return norm;
        }
    }
}
