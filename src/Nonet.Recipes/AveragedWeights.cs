using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>The model holds the average of the weights until this is disposed of.</summary>
public readonly struct AveragedWeights : IDisposable
{
    readonly Ema? ema;

    internal AveragedWeights(Ema? ema) => (this.ema = ema)?.Swap();

    /// <inheritdoc/>
    public void Dispose() => ema?.Swap();
}
