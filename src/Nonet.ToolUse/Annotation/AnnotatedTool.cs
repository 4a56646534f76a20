using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Annotation;

/// <summary>A tool whose calls are inserted into texts, with its settings for sampling and filtering. The defaults are those of the paper.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Prompt">P(x): asks the model to add calls of this tool to a text.</param>
public sealed record AnnotatedTool(ITool Tool, AnnotationPrompt Prompt)
{
    /// <summary>Chooses the texts on which the tool is tried; null: all texts.</summary>
    public Func<AnnotationText, bool>? Chooses { get; init; }

    /// <summary>τ_s: a call is tried only where p(mark) exceeds it.</summary>
    public double SampleThreshold { get; init; } = 0.05;

    /// <summary>k: maximum number of positions tried in a text. The positions with the highest p(mark) are tried.</summary>
    public int Positions { get; init; } = 5;

    /// <summary>m: number of calls sampled at each position.</summary>
    public int Calls { get; init; } = 5;

    /// <summary>τ_f: minimum gain, L- - L+ in nats, of a call that is kept.</summary>
    public double Threshold { get; init; } = 1;

    /// <summary>
    /// Whether a call is dropped if its input occurs in the text only after the call. The prompt shows the model the whole text, but in use it sees only the
    /// text before the call.
    /// </summary>
    public bool ForbidsLookAhead { get; init; }

    /// <summary>The paper's settings for calculators and translation, where few calls are likely: τ_s 0, k 20, m 10, τ_f 0.5.</summary>
    public AnnotatedTool WithManyCalls() => this with { SampleThreshold = 0, Positions = 20, Calls = 10, Threshold = 0.5 };

    internal string Name => Tool.Name;

    /// <summary>Whether the input of a call occurs in the text only after the call.</summary>
    internal static bool LooksAhead(ToolCall call, string text, int at) => call.Input.Length > 0
        && !text.AsSpan(0, at).Contains(call.Input, StringComparison.OrdinalIgnoreCase)
        && text.AsSpan(at).Contains(call.Input, StringComparison.OrdinalIgnoreCase);

    internal void Check()
    {
        Require(SampleThreshold is >= 0 and < 1, nameof(SampleThreshold), SampleThreshold, "a probability from 0 to below 1");
        Require(Positions > 0, nameof(Positions), Positions, "at least 1");
        Require(Calls > 0, nameof(Calls), Calls, "at least 1");
        Require(double.IsFinite(Threshold), nameof(Threshold), Threshold, "a number of nats");
    }

    void Require<T>(bool holds, string name, T found, string expected)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"AnnotatedTool.{name} of {Name} is {found}; expected {expected}"));
    }
}
