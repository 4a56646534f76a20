using Nonet.Inference.Beams;

namespace Nonet.Inference;

/// <summary>A translated line.</summary>
/// <param name="Outputs">The translations of a beam, best first; empty for an empty line.</param>
/// <param name="Cut">Whether the source was truncated, because it had more tokens than the model has positions.</param>
public sealed record Translation(IReadOnlyList<TranslatedText> Outputs, bool Cut)
{
    /// <summary>The best translation; empty for an empty line.</summary>
    public string Text => Outputs.Count == 0 ? "" : Outputs[0].Text;
}

/// <summary>The text of a hypothesis.</summary>
public readonly record struct TranslatedText(string Text, Hypothesis Hypothesis);

/// <summary>How lines are translated.</summary>
public sealed record TranslatorOptions
{
    /// <inheritdoc cref="BeamOptions.Beam"/>
    public int Beam { get; init; } = 4;

    /// <inheritdoc cref="BeamOptions.Alpha"/>
    public double Alpha { get; init; } = 0.6;

    /// <inheritdoc cref="BeamOptions.LengthPenalty"/>
    public double? LengthPenalty { get; init; }

    /// <inheritdoc cref="BeamOptions.MaxExtra"/>
    public int MaxExtra { get; init; } = 50;

    /// <summary>Maximum number of source tokens per batch, each with all hypotheses of the beam. A longer line is a batch of its own.</summary>
    public int BatchTokens { get; init; } = 4000;
}
