namespace Nonet.Recipes.Runs;

/// <summary>Result of an evaluation on held-out data.</summary>
/// <param name="Loss">Mean loss.</param>
/// <param name="BitsPerByte">Loss in bits per byte of text; null if the task has no such measure.</param>
public sealed record Measurement(double Loss, double? BitsPerByte = null)
{
    /// <summary>Unit of the loss.</summary>
    public string Unit { get; init; } = LossUnit.NatsPerToken;

    /// <summary>Other measures by name, such as accuracy.</summary>
    public IReadOnlyList<Score> Scores { get; init; } = [];

    /// <summary>The checkpoint with the lowest value of this is the best one. It is the loss unless set.</summary>
    public double Criterion { get; init; } = Loss;
}
