using System.Text.Json.Serialization;
using Nonet.Files;

namespace Nonet.Alignment;

/// <summary>Losses that learn from pairs of answers without a reward model.</summary>
public enum PreferenceLossKind
{
    /// <summary>−ln σ(β h). Rafailov et al. 2023, equation 7; with label smoothing it is conservative DPO.</summary>
    Dpo,

    /// <summary>(h − 1/(2β))². Azar et al. 2023, equation 17.</summary>
    Ipo,

    /// <summary>DPO with smoothed labels, cDPO: −(1 − ε) ln σ(β h) − ε ln σ(−β h). Mitchell 2023.</summary>
    [JsonStringEnumMemberName("cdpo")]
    ConservativeDpo,
}

/// <summary>Settings of a <see cref="PreferenceLoss"/>.</summary>
public sealed record PreferenceLossOptions
{
    /// <summary>The loss: dpo, ipo, or cdpo (DPO with smoothed labels).</summary>
    [Option("The loss: dpo, ipo, or cdpo (DPO with smoothed labels).")]
    public PreferenceLossKind Kind { get; init; } = PreferenceLossKind.Dpo;

    /// <summary>β: how strongly the policy is kept close to the reference.</summary>
    [Option("β: how strongly the policy is kept close to the reference.", Above = 0)]
    public double Beta { get; init; } = 0.1;

    /// <summary>ε of cdpo: assumed share of wrong labels.</summary>
    [Option("ε of cdpo: assumed share of wrong labels.", Least = 0, Below = 0.5)]
    public double Smoothing { get; init; } = 0.1;
}

/// <summary>Loss of a pair and its gradient.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Slope">d loss / d ln π(chosen); that of the rejected answer has the opposite sign.</param>
/// <param name="ChosenReward">β ln(π / π_ref) of the chosen answer: its implicit reward.</param>
/// <param name="RejectedReward">The same of the rejected answer.</param>
public readonly record struct PreferenceTerms(double Loss, double Slope, double ChosenReward, double RejectedReward);

/// <summary>
/// The loss of one pair with h = ln(π / π_ref)(chosen) − ln(π / π_ref)(rejected). Log-probabilities are sums over the tokens of the answer, not means, and
/// leave out the prompt.
/// </summary>
public static class PreferenceLoss
{
    /// <param name="options">Kind of the loss.</param>
    /// <param name="chosen">ln π of the chosen answer.</param>
    /// <param name="rejected">ln π of the rejected answer.</param>
    /// <param name="chosenReference">ln π_ref of the chosen answer.</param>
    /// <param name="rejectedReference">ln π_ref of the rejected answer.</param>
    public static PreferenceTerms Of(PreferenceLossOptions options, double chosen, double rejected, double chosenReference, double rejectedReference)
    {
        var beta = options.Beta;
        var (up, down) = (chosen - chosenReference, rejected - rejectedReference);
        var h = up - down;
        var smoothing = options.Kind == PreferenceLossKind.ConservativeDpo ? options.Smoothing : 0;
        var (loss, slope) = options.Kind == PreferenceLossKind.Ipo
            ? ((h - 1 / (2 * beta)) * (h - 1 / (2 * beta)), 2 * (h - 1 / (2 * beta)))
            : ((1 - smoothing) * Logistic.NegativeLog(beta * h) + smoothing * Logistic.NegativeLog(-beta * h),
                beta * (Logistic.Sigmoid(beta * h) - (1 - smoothing)));
        return new PreferenceTerms(loss, slope, beta * up, beta * down);
    }
}
