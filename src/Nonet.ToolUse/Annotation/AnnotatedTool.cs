using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Annotation;

/// <summary>A tool whose calls are inserted into texts, with the settings of sampling and filtering. The defaults are those of the paper.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Prompt">P(x): asks the model to add calls of this tool to a text.</param>
public sealed record AnnotatedTool(ITool Tool, AnnotationPrompt Prompt)
{
    /// <summary>Chooses the texts that are tried; null: all.</summary>
    public Func<AnnotationText, bool>? Chooses { get; init; }

    /// <summary>τ_s: a call is tried only where p(mark) exceeds it.</summary>
    public double SampleThreshold { get; init; } = 0.05;

    /// <summary>k: most positions of a text that are tried, those where the mark is likeliest.</summary>
    public int Positions { get; init; } = 5;

    /// <summary>m: calls that are sampled at each position.</summary>
    public int Calls { get; init; } = 5;

    /// <summary>τ_f: the least gain, L- - L+, of a call that is kept.</summary>
    public double Threshold { get; init; } = 1;

    /// <summary>
    /// Whether a call is dropped if its input stands after the call but not before it. The prompt shows the model the whole text; in use it sees only the
    /// beginning.
    /// </summary>
    public bool ForbidsLookAhead { get; init; }

    /// <summary>The paper's settings for calculators and translation, where few calls are likely: τ_s 0, k 20, m 10, τ_f 0.5.</summary>
    public AnnotatedTool WithManyCalls() => this with { SampleThreshold = 0, Positions = 20, Calls = 10, Threshold = 0.5 };

    internal string Name => Tool.Name;

    /// <summary>Whether a call asks for what the text says only after it.</summary>
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
