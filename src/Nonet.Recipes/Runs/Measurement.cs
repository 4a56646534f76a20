namespace Nonet.Recipes.Runs;

/// <summary>What was measured on held-out data.</summary>
/// <param name="Loss">Mean loss.</param>
/// <param name="BitsPerByte">The same by bytes of text; null where that says nothing.</param>
public sealed record Measurement(double Loss, double? BitsPerByte = null)
{
    /// <summary>What the loss is measured in.</summary>
    public string Unit { get; init; } = LossUnit.NatsPerToken;

    /// <summary>Other measures by name, such as accuracy.</summary>
    public IReadOnlyList<Score> Scores { get; init; } = [];

    /// <summary>The best checkpoint is the one with the lowest value of this; the loss unless another is given.</summary>
    public double Criterion { get; init; } = Loss;
}
