using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Settings of GRPO. The defaults are those of Shao et al. 2024, section 4.2; ε, on which the paper is silent, is 0.2.</summary>
public sealed record GroupOptions : PolicyOptions
{
    /// <summary>The defaults.</summary>
    [SetsRequiredMembers] // episodes determine the steps
    public GroupOptions() => (Steps, LearningRate, Warmup, Schedule, Batch, Minibatch, ResponseTokens, AdamW) =
        (1, 1e-6, 0, ScheduleKind.Constant, 1024, 1024, 1024, new() { WeightDecay = 0 });

    /// <summary>grpo, dapo or dr_grpo: sets loss, resample and overlong_margin where they are null.</summary>
    [Option("grpo, dapo or dr_grpo: sets loss, resample and overlong_margin where they are null.")]
    public GroupVariant Variant { get; init; }

    /// <summary>G: number of responses to a prompt.</summary>
    [Option("G: number of responses to a prompt.", Least = 2)]
    public int Group { get; init; } = 64;

    /// <summary>Clips, KL and means of the loss; null: as in the variant.</summary>
    [Option("Clips, KL and means of the loss; null: as in the variant.")]
    public GroupLossOptions? Loss { get; init; }

    /// <summary>Whether to replace groups whose rewards are all equal, which have no gradient, by groups of further prompts; null: as in the variant.</summary>
    [Option("Whether to replace groups whose rewards are all equal, which have no gradient, by groups of further prompts; null: as in the variant (dapo: "
        + "true).")]
    public bool? Resample { get; init; }

    /// <summary>
    /// Length of the soft penalty: over this many tokens before response_tokens, a response loses up to 1. 0: no penalty; null: as in the variant.
    /// </summary>
    [Option("Length of the soft penalty: over this many tokens before response_tokens, a response loses up to 1. 0: no penalty; null: as in the variant "
        + "(dapo: a fifth of response_tokens).", Least = 0)]
    public int? OverlongMargin { get; init; }

    /// <summary>The run ends with an error if the KL per response, in nats, exceeds this. The last good checkpoint is kept. Null: no limit.</summary>
    [Option("The run ends with an error if the KL per response, in nats, exceeds this. The last good checkpoint is kept. Null: no limit.", Above = 0)]
    public double? KlLimit { get; init; } = 100;

    /// <summary>The options with the settings of the variant.</summary>
    internal GroupOptions Completed() => this with
    {
        Loss = Loss ?? GroupLossOptions.Of(Variant),
        Resample = Resample ?? Variant == GroupVariant.Dapo,
        OverlongMargin = OverlongMargin ?? (Variant == GroupVariant.Dapo ? ResponseTokens / 5 : 0),
    };

    /// <summary>Number of prompts per iteration.</summary>
    [JsonIgnore]
    internal int Prompts => Batch / Group;

    internal override void Check()
    {
        if (Batch % Group != 0)
            throw new ArgumentException($"training.batch is {Batch} and training.group {Group}: the batch must be a multiple of the group");
        if (OverlongMargin > ResponseTokens)
            throw new ArgumentException($"training.overlong_margin is {OverlongMargin}; expected at most training.response_tokens, {ResponseTokens}");
        base.Check();
    }
}
