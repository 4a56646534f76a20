using System.Text.Json.Serialization;
using Nonet.Alignment;
using Nonet.Files;
using Nonet.Recipes.FineTuning;
using Nonet.Training.Schedules;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// Settings that PPO, GRPO and rejection sampling share: a policy generates responses and is updated on them. Steps, evaluations and checkpoints follow from
/// the episodes and iterations.
/// </summary>
public abstract record PolicyOptions : TrainingOptions
{
    /// <summary>Keys of <see cref="TrainingOptions"/> that follow from other settings.</summary>
    internal static IReadOnlyList<string> Decided { get; } =
    [
        "training.steps", "training.evaluate_every", "training.save_every", "training.on_divergence", "training.spike_deviations", "training.spike_window",
            "training.muon",
    ];

    /// <summary>Number of responses in the whole run, which determines the number of iterations.</summary>
    [Option("Number of responses in the whole run, which determines the number of iterations.", Least = 1)]
    public int Episodes { get; init; } = 256_000;

    /// <summary>Responses per iteration, all generated with the same weights.</summary>
    [Option("Responses per iteration, all generated with the same weights.", Least = 1, Most = MostParts)]
    public int Batch { get; init; } = 512;

    /// <summary>Responses per update.</summary>
    [Option("Responses per update.", Least = 1, Most = MostParts)]
    public int Minibatch { get; init; } = 64;

    /// <summary>Number of passes over the responses of an iteration.</summary>
    [Option("Number of passes over the responses of an iteration.", Least = 1, Most = 1000)]
    public int InnerEpochs { get; init; } = 1;

    /// <summary>Divisor of the logits in rollouts, in the reference and in updates.</summary>
    [Option("Divisor of the logits in rollouts, in the reference and in updates.", Above = 0)]
    public double Temperature { get; init; } = 1;

    /// <summary>Maximum number of tokens in a response, including its end token.</summary>
    [Option("Maximum number of tokens in a response, including its end token.", Least = 1)]
    public int ResponseTokens { get; init; } = 256;

    /// <summary>Iterations between evaluations. There is also an evaluation before the first iteration and one after the last.</summary>
    [Option("Iterations between evaluations. There is also an evaluation before the first iteration and one after the last.", Least = 1)]
    public int EvaluateIterations { get; init; } = 25;

    /// <summary>Iterations between checkpoints.</summary>
    [Option("Iterations between checkpoints.", Least = 1)]
    public int SaveIterations { get; init; } = 25;

    /// <summary>Maximum number of held-out prompts that an evaluation uses.</summary>
    [Option("Maximum number of held-out prompts that an evaluation uses.", Least = 1)]
    public int EvaluationPrompts { get; init; } = 128;

    /// <summary>
    /// Trains low-rank changes of some layers; null: all weights are trained. With an adapter, the reference is the policy with the adapter off.
    /// </summary>
    [Option("Trains low-rank changes of some layers; null: all weights are trained. With an adapter, the reference is the policy with the adapter off.")]
    public LoraOptions? Lora { get; init; }

    /// <summary>Settings of the rollouts.</summary>
    [JsonIgnore]
    internal RolloutOptions Rollout => new() { MaxTokens = ResponseTokens, Temperature = Temperature, Seed = Seed };

    /// <summary>Number of updates per iteration.</summary>
    [JsonIgnore]
    internal int UpdatesPerIteration => InnerEpochs * (Batch / Minibatch);

    /// <summary>Number of iterations in the run.</summary>
    [JsonIgnore]
    internal int Iterations => Math.Max(1, (int)(((long)Episodes + Batch - 1) / Batch));

    /// <summary>The learning rate of each update. Warm-up and schedule count iterations, so that all updates of an iteration have the same rate.</summary>
    [JsonIgnore]
    public override Schedule Rates => new IterationSchedule { Peak = LearningRate, Warmup = 0, Inner = RatesOver(Iterations), Updates = UpdatesPerIteration };

    [JsonIgnore]
    internal override IReadOnlyList<string> LengthKeys => ["steps", "episodes", "warmup"];

    [JsonIgnore]
    internal override (long Tokens, long Predicted) MicroBatch => ((long)Math.Max(1, Minibatch / Accumulate) * Model.MaxLength,
        (long)Math.Max(1, Minibatch / Accumulate) * ResponseTokens);

    /// <summary>The options with steps, evaluations and checkpoints in updates.</summary>
    internal T Counted<T>() where T : PolicyOptions =>
        (T)(this with
        {
            Steps = checked(Iterations * UpdatesPerIteration),
            EvaluateEvery = checked(EvaluateIterations * UpdatesPerIteration),
            SaveEvery = checked(SaveIterations * UpdatesPerIteration)
        });

    internal override void Check()
    {
        Lora?.Check();
        if (Minibatch > Batch || Batch % Minibatch != 0)
            throw new ArgumentException($"training.minibatch is {Minibatch} and training.batch {Batch}: the batch must be a multiple of the minibatch");
        if (Minibatch % Accumulate != 0)
            throw new ArgumentException($"training.accumulate is {Accumulate} and training.minibatch {Minibatch}: the minibatch must be a multiple of "
                + $"accumulate");
        base.Check();
    }
}

/// <summary>A schedule over iterations of several updates each.</summary>
sealed record IterationSchedule : Schedule
{
    public required Schedule Inner { get; init; }
    public required int Updates { get; init; }

    protected override double After(long position) => Inner.At((position + Updates - 1) / Updates);
}
