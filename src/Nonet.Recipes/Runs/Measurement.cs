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

    /// <summary>Curves, such as a calibration.</summary>
    internal IReadOnlyList<MeasuredCurve> Curves { get; init; } = [];

    /// <summary>The checkpoint with the lowest value of this is the best one. It is the loss unless set.</summary>
    public double Criterion { get; init; } = Loss;
}

/// <summary>A curve of an evaluation.</summary>
/// <param name="Name">Name in files.</param>
/// <param name="Title">Title of its plot.</param>
/// <param name="X">Title of the horizontal axis.</param>
/// <param name="Y">Title of the vertical axis.</param>
/// <param name="Points">Its points.</param>
sealed record MeasuredCurve(string Name, string Title, string X, string Y, IReadOnlyList<(double X, double Y)> Points);
