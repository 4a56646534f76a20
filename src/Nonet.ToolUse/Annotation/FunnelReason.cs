using System.Globalization;

namespace Nonet.ToolUse.Annotation;

/// <summary>Explains why a stage let nothing through, and what to do about it.</summary>
static class FunnelReason
{
    /// <param name="funnel">The funnel of a tool.</param>
    /// <param name="tool">How its calls were sampled.</param>
    /// <param name="callTokens">Maximum number of tokens in a call.</param>
    /// <returns>One or two sentences; null if every stage let something through.</returns>
    public static string? Of(ToolFunnel funnel, AnnotatedTool tool, int callTokens)
    {
        if (funnel.Blocked is not { } stage)
            return null;
        var (found, advice) = stage switch
        {
            FunnelStage.Chosen => (Text($"Nothing was tried: none of the {funnel.Texts:N0} texts was chosen."), "Set choose: all, or give other texts."),
            FunnelStage.Positions => (
                Text($"No position was tried: the mark was nowhere likelier than {funnel.Likeliest:0.0e0}, and sample_threshold is {tool.SampleThreshold}."),
                "Lower it, give a prompt with more examples, or use a model that follows prompts."),
            FunnelStage.Closed => (Text($"None of {funnel.Sampled:N0} samples closed within {callTokens} tokens on its line."),
                "Raise sampling.call_tokens, or give a prompt whose examples are short."),
            FunnelStage.Parsed => (Text($"None of {funnel.Closed:N0} closed samples is a call {funnel.Tool}(...)."),
                "The model does not follow the prompt: give one with more examples, or a larger or seeded model."),
            FunnelStage.Allowed => (Text($"All {funnel.Calls:N0} calls ask for what the text says only after them."),
                "forbid_look_ahead drops such calls."),
            FunnelStage.Answered => (Text($"None of {funnel.Calls - funnel.LookingAhead:N0} calls has a result: {Outcomes(funnel)}."),
                "Look at the calls below."),
            _ => (Text($"No call lowers the loss by {funnel.Threshold}: the highest gain is {funnel.HighestGain:0.00}."),
                "Lower threshold, or look at the calls below: if they are right, the model does not use a result that stands before the text."),
        };
        return $"{found} {advice}";
    }

    static string Outcomes(ToolFunnel funnel) =>
        string.Join(", ", funnel.Outcomes.Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Value:N0} ended as {o.Key}")));

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
