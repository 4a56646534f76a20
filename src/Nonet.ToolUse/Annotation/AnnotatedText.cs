using System.Text.Json.Serialization;
using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Annotation;

/// <summary>An annotated text: for each tool that was tried on it, the positions tried and the calls sampled.</summary>
/// <param name="Source">The text.</param>
/// <param name="Trials">One trial for each tool for which the text was chosen.</param>
public sealed record AnnotatedText(AnnotationText Source, IReadOnlyList<ToolTrial> Trials);

/// <summary>A tool tried on a text.</summary>
/// <param name="Tool">Name of the tool.</param>
/// <param name="Likeliest">The highest p(mark) of all positions, whether they were tried or not.</param>
/// <param name="Positions">The positions that were tried, in order.</param>
public sealed record ToolTrial(string Tool, double Likeliest, IReadOnlyList<TriedPosition> Positions);

/// <summary>A position at which calls were sampled.</summary>
/// <param name="Token">Index of the token before which a call would be inserted.</param>
/// <param name="At">Index of the character before which it would be inserted.</param>
/// <param name="Probability">p(mark | P(x), the text before).</param>
/// <param name="Samples">The distinct samples.</param>
public sealed record TriedPosition(int Token, int At, double Probability, IReadOnlyList<SampledCall> Samples);

/// <summary>A call that the model wrote after the mark, and its outcome.</summary>
/// <param name="Written">The text, up to the closing mark or the arrow.</param>
/// <param name="Count">Number of times it was sampled at this position.</param>
/// <param name="IsClosed">Whether a closing mark or an arrow followed, on the same line.</param>
public sealed record SampledCall(string Written, int Count, bool IsClosed)
{
    /// <summary>The call; null if it never closes, cannot be parsed, or is for another tool.</summary>
    public ToolCall? Call { get; init; }

    /// <summary>Whether the call was dropped because its input occurs in the text only after the call.</summary>
    public bool LooksAhead { get; init; }

    /// <summary>How the call ended; null: it was not run.</summary>
    public ToolOutcome? Outcome { get; init; }

    /// <summary>The tool's result; null if there is none.</summary>
    public string? Result { get; init; }

    /// <summary>The error; null if there was none.</summary>
    public string? Error { get; init; }

    /// <summary>L+: the loss after the call and its result; null: the call was not scored.</summary>
    public double? WithResult { get; init; }

    /// <summary>L(ε): the loss without the call.</summary>
    public double? WithoutCall { get; init; }

    /// <summary>L(e(c, ε)): the loss after the call without its result.</summary>
    public double? WithoutResult { get; init; }

    /// <summary>L- - L+, in nats: the decrease of the loss thanks to the result. Null if the call was not scored.</summary>
    [JsonIgnore]
    public double? Gain => WithResult is { } plus ? Math.Min(WithoutCall!.Value, WithoutResult!.Value) - plus : null;

    /// <summary>Whether the call was scored and its gain reaches a threshold.</summary>
    public bool IsUseful(double threshold) => Gain >= threshold;
}
