using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Settings of rejection sampling. Batch and minibatch count the responses that are written, of which one for each prompt is trained on.</summary>
public sealed record RejectionOptions : PolicyOptions
{
    /// <summary>The defaults.</summary>
    [SetsRequiredMembers] // the episodes decide the steps
    public RejectionOptions() =>
        (Steps, LearningRate, Warmup, Schedule, AdamW) = (1, 5e-6, 0, ScheduleKind.Constant, new() { WeightDecay = 0 });

    /// <summary>n: responses to a prompt, of which the best is trained on.</summary>
    [Option("n: responses to a prompt, of which the best is trained on.", Least = 2)]
    public int Group { get; init; } = 8;

    /// <summary>Reward that the best response must have to be trained on; null: any.</summary>
    [Option("Reward that the best response must have to be trained on; null: any.")]
    public double? Least { get; init; }

    /// <summary>KL per response, in nats, at which the run stops with an error; its last good checkpoint stays. Null: no limit.</summary>
    [Option("KL per response, in nats, at which the run stops with an error; its last good checkpoint stays. Null: no limit.", Above = 0)]
    public double? KlLimit { get; init; } = 100;

    /// <summary>Prompts of an iteration.</summary>
    [JsonIgnore]
    internal int Prompts => Batch / Group;

    internal override void Check()
    {
        if (Batch % Group != 0 || Minibatch % Group != 0)
        {
            throw new ArgumentException($"training.batch is {Batch}, training.minibatch {Minibatch} and training.group {Group}: "
                + "both batches must be multiples of the group");
        }
        base.Check();
    }
}
