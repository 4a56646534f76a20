using System.Text.Json.Serialization;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Annotation;

/// <summary>What came of a text: for each tool that it was chosen for, the positions that were tried and the calls that were sampled.</summary>
/// <param name="Source">The text.</param>
/// <param name="Trials">The tools.</param>
public sealed record AnnotatedText(AnnotationText Source, IReadOnlyList<ToolTrial> Trials);

/// <summary>A tool tried on a text.</summary>
/// <param name="Tool">Name of the tool.</param>
/// <param name="Likeliest">The highest p(mark) of all positions, tried or not.</param>
/// <param name="Positions">The positions that were tried, in order.</param>
public sealed record ToolTrial(string Tool, double Likeliest, IReadOnlyList<TriedPosition> Positions);

/// <summary>A position at which calls were sampled.</summary>
/// <param name="Token">The token that a call would stand before.</param>
/// <param name="At">The character that it would stand before.</param>
/// <param name="Probability">p(mark | P(x), the text before).</param>
/// <param name="Samples">The samples; equal ones are one.</param>
public sealed record TriedPosition(int Token, int At, double Probability, IReadOnlyList<SampledCall> Samples);

/// <summary>What the model wrote after the mark, and what came of it.</summary>
/// <param name="Written">The text, up to the closing mark or the arrow.</param>
/// <param name="Count">How often it was sampled at this position.</param>
/// <param name="IsClosed">Whether a closing mark or an arrow followed, on the same line.</param>
public sealed record SampledCall(string Written, int Count, bool IsClosed)
{
    /// <summary>The call; null: it never closes, cannot be read, or is of another tool.</summary>
    public ToolCall? Call { get; init; }

    /// <summary>Whether it was dropped because it asks for what the text says only after it.</summary>
    public bool LooksAhead { get; init; }

    /// <summary>How the call ended; null: it was not run.</summary>
    public ToolOutcome? Outcome { get; init; }

    /// <summary>What the tool answered; null: nothing.</summary>
    public string? Result { get; init; }

    /// <summary>What went wrong; null if nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>L+: the loss after the call and its result; null: the call was not scored.</summary>
    public double? WithResult { get; init; }

    /// <summary>L(ε): the loss without the call.</summary>
    public double? WithoutCall { get; init; }

    /// <summary>L(e(c, ε)): the loss after the call without its result.</summary>
    public double? WithoutResult { get; init; }

    /// <summary>L- - L+: by how much the result lowers the loss; null: the call was not scored.</summary>
    [JsonIgnore]
    public double? Gain => WithResult is { } plus ? Math.Min(WithoutCall!.Value, WithoutResult!.Value) - plus : null;

    /// <summary>Whether the call was scored and its gain reaches a threshold.</summary>
    public bool IsUseful(double threshold) => Gain >= threshold;
}
