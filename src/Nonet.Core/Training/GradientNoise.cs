using Nonet.Data;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Training;

/// <summary>
/// Mean squared norms of the gradients of small batches and of the large batch that they form. The noise scale follows from them:
/// McCandlish et al. 2018, appendix A.1.
/// </summary>
/// <param name="NormSmall">Mean of |g|² over the small batches.</param>
/// <param name="NormBig">|g|² of the large batch.</param>
/// <param name="BatchSmall">b: tokens of a small batch.</param>
/// <param name="BatchBig">B: tokens of the large batch.</param>
public readonly record struct GradientNoise(double NormSmall, double NormBig, long BatchSmall, long BatchBig)
{
    /// <summary>Unbiased estimate of |G|² of the true gradient: (B |g_B|² − b |g_b|²) / (B − b). Not above 0 if noise dominates.</summary>
    public double SquaredGradient => (BatchBig * NormBig - BatchSmall * NormSmall) / (BatchBig - BatchSmall);

    /// <summary>Unbiased estimate of tr Σ of the gradient of one token: (|g_b|² − |g_B|²) / (1/b − 1/B).</summary>
    public double Trace => (NormSmall - NormBig) / (1.0 / BatchSmall - 1.0 / BatchBig);

    /// <summary>
    /// tr Σ / |G|² in tokens: the batch size at which noise and gradient are equally large (eq. 2.9); null if the batches do not determine
    /// it.
    /// </summary>
    public double? Scale => SquaredGradient > 0 && Trace > 0 ? Trace / SquaredGradient : null;

    /// <summary>Measures the gradient noise of a model. Its gradients are cleared; its weights do not change.</summary>
    /// <param name="model">A model that was filled for training.</param>
    /// <param name="source">Text; its batches are the small batches.</param>
    /// <param name="first">Index of the first batch.</param>
    /// <param name="count">Number of small batches, at least 2.</param>
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
