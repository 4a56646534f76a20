using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Nonet.Files;

namespace Nonet.Recipes.Alignment;

/// <summary>Settings of rejection sampling. Batch and minibatch count all generated responses; the policy is trained on one per prompt.</summary>
public sealed record RejectionOptions : PolicyOptions
{
    /// <summary>The defaults.</summary>
    [SetsRequiredMembers] // episodes determine the steps
    public RejectionOptions() =>
        (Steps, LearningRate, Warmup, Schedule, AdamW) = (1, 5e-6, 0, ScheduleKind.Constant, new() { WeightDecay = 0 });

    /// <summary>n: number of responses to a prompt. The model is trained on the best of them.</summary>
    [Option("n: number of responses to a prompt. The model is trained on the best of them.", Least = 2)]
    public int Group { get; init; } = 8;

    /// <summary>Minimum reward of a response to train on; null: none.</summary>
    [Option("Minimum reward of a response to train on; null: none.")]
    public double? Least { get; init; }

    /// <summary>The run ends with an error if the KL per response, in nats, exceeds this. The last good checkpoint is kept. Null: no limit.</summary>
    [Option("The run ends with an error if the KL per response, in nats, exceeds this. The last good checkpoint is kept. Null: no limit.", Above = 0)]
    public double? KlLimit { get; init; } = 100;

    /// <summary>Number of prompts per iteration.</summary>
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
