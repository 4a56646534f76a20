using Nonet.ToolUse.Calls;

namespace Nonet.ToolUse.Filtering;

/// <summary>A call that may be inserted into a text.</summary>
/// <param name="Text">The tokens of the text, without a start token.</param>
/// <param name="Position">Index of the token before which the call would be inserted.</param>
/// <param name="Call">The call.</param>
/// <param name="Result">The tool's result.</param>
public sealed record CallCandidate(IReadOnlyList<int> Text, int Position, ToolCall Call, string Result);

/// <summary>The weighted losses of the tokens after a call, in nats. Schick et al. 2023, section 2, "Filtering API calls".</summary>
/// <param name="Candidate">The call.</param>
/// <param name="WithResult">L+: after the call and its result.</param>
/// <param name="WithoutCall">L(ε): without the call.</param>
/// <param name="WithoutResult">L(e(c, ε)): after the call without its result.</param>
public sealed record ScoredCall(CallCandidate Candidate, double WithResult, double WithoutCall, double WithoutResult)
{
    /// <summary>L-: the lower of the two losses without a result.</summary>
    public double Baseline => Math.Min(WithoutCall, WithoutResult);

    /// <summary>L- - L+: the decrease of the loss thanks to the result, in nats.</summary>
    public double Gain => Baseline - WithResult;

    /// <summary>Whether the call is worth keeping: its gain reaches the threshold τ_f.</summary>
    public bool IsUseful(double threshold) => Gain >= threshold;
}
