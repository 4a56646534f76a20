using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Training;
using Nonet.Training.Schedules;

namespace Nonet.Recipes;

/// <summary>Reaction to a loss that is not finite or is a spike.</summary>
public enum OnDivergence
{
    /// <summary>Ends with an error that names step and tensor. Checkpoints are kept.</summary>
    Stop,

    /// <summary>
    /// Goes back to the last checkpoint and continues with the batches after the one that caused the divergence: Chowdhery et al. 2022,
    /// section 5.1. Stops if there is no checkpoint, or after three rollbacks without a new checkpoint.
    /// </summary>
    Rollback,
}

/// <summary>Course of the learning rate after the warm-up.</summary>
public enum ScheduleKind
{
    /// <inheritdoc cref="CosineSchedule"/>
    Cosine,

    /// <inheritdoc cref="ConstantSchedule"/>
    Constant,

    /// <inheritdoc cref="LinearSchedule"/>
    Linear,

    /// <inheritdoc cref="InverseSquareRootSchedule"/>
    [JsonStringEnumMemberName("inverse_sqrt")]
    InverseSquareRoot,

    /// <inheritdoc cref="WarmupStableDecaySchedule"/>
    [JsonStringEnumMemberName("wsd")]
    WarmupStableDecay,
}

/// <summary>
/// Settings that all kinds of training share: optimiser, schedule, evaluation and checkpoints. Together with the settings of the kind they
/// determine the result bit for bit.
/// </summary>
public abstract record TrainingOptions
{
    /// <summary>
    /// Limit of the sequences in a micro-batch and of the micro-batches in an update. Their product fits in a long for any length.
    /// </summary>
    internal const int MostParts = 1 << 20;

    /// <summary>Shape of the model. It must be set.</summary>
    [JsonIgnore]
    public ModelConfig Model
    {
        get => field ?? throw new ArgumentException($"the options have no model; expected {GetType().Name}.Model");
        init;
    }

    /// <summary>Micro-batches per update. An update needs the memory of one micro-batch and uses the gradients of all.</summary>
    [Option("Micro-batches per update. An update needs the memory of one micro-batch and uses the gradients of all.", Least = 1, Most = MostParts)]
    public int Accumulate { get; init; } = 1;

    /// <summary>Number of updates.</summary>
    [Option("Number of updates.", Least = 1)]
    [JsonPropertyOrder(-1)]
    public required int Steps { get; init; }

    /// <summary>Peak learning rate, reached at the end of the warm-up.</summary>
    [Option("Peak learning rate, reached at the end of the warm-up.", Above = 0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Updates in the warm-up, until the peak learning rate.</summary>
    [Option("Updates in the warm-up, until the peak learning rate.", Least = 0)]
    public int Warmup { get; init; } = 100;

    /// <summary>
    /// Course of the learning rate after the warm-up: cosine, linear, constant, inverse_sqrt, or wsd (constant, then falling over the last
    /// share decay of the steps).
    /// </summary>
    [Option("Course of the learning rate after the warm-up: cosine, linear, constant, inverse_sqrt, or wsd (constant, then falling over the last share "
        + "decay of the steps).")]
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>Learning rate at the end, as a share of the peak. Not used by constant and inverse_sqrt.</summary>
    [Option("Learning rate at the end, as a share of the peak. Not used by constant and inverse_sqrt.", Least = 0, Most = 1)]
    public double Floor { get; init; } = 0.1;

    /// <summary>For schedule: wsd, the share of the updates over which the learning rate falls.</summary>
    [Option("For schedule: wsd, the share of the updates over which the learning rate falls.", Above = 0, Most = 1)]
    public double Decay { get; init; } = 0.2;

    /// <summary>Settings of AdamW.</summary>
    [Option("Settings of AdamW.")]
    [JsonPropertyName("adamw")]
    public AdamWOptions AdamW { get; init; } = new();

    /// <summary>Settings of Muon for the hidden matrices, with AdamW for the other parameters; null: AdamW for all.</summary>
    [Option("Settings of Muon for the hidden matrices, with AdamW for the other parameters; null: AdamW for all.")]
    public MuonOptions? Muon { get; init; }

    /// <summary>Settings of Adafactor, as T5 uses it, for all parameters; null: AdamW or Muon.</summary>
    [Option("Settings of Adafactor, as T5 uses it, for all parameters; null: AdamW or Muon.")]
    public AdafactorOptions? Adafactor { get; init; }

    /// <summary>
    /// Decay of a running average of the weights (EMA); null: none. Evaluations, samples and the models of checkpoints use the average.
    /// </summary>
    [Option("Decay of a running average of the weights (EMA); null: none. Evaluations, samples and the models of checkpoints use the average.", Above = 0,
        Below = 1)]
    public double? EmaDecay { get; init; }

    /// <summary>Largest norm of the gradients; null: no clipping.</summary>
    [Option("Largest norm of the gradients; null: no clipping.", Above = 0)]
    public double? Clip { get; init; } = 1;

    /// <summary>Seed of initialisation, shuffling and dropout.</summary>
    [Option("Seed of initialisation, shuffling and dropout.")]
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// Whether the backward pass recomputes the blocks instead of keeping their intermediate results: a third more time for a fraction of
    /// the memory.
    /// </summary>
    [Option("Whether the backward pass recomputes the blocks instead of keeping their intermediate results: a third more time for a fraction of the memory.")]
    public bool GradientCheckpointing { get; init; }

    /// <summary>Updates between evaluations. There is always an evaluation after the last update.</summary>
    [Option("Updates between evaluations. There is always an evaluation after the last update.", Least = 1)]
    public int EvaluateEvery { get; init; } = 250;

    /// <summary>Updates between checkpoints. There is always a checkpoint after the last update.</summary>
    [Option("Updates between checkpoints. There is always a checkpoint after the last update.", Least = 1)]
    public int SaveEvery { get; init; } = 250;

    /// <summary>
    /// Reaction to a loss or gradients that are not finite, or to a spike of the loss: stop, or rollback (go back to the last checkpoint and skip the batches
    /// since then).
    /// </summary>
    [Option("Reaction to a loss or gradients that are not finite, or to a spike of the loss: stop, or rollback (go back to the last checkpoint and skip the "
        + "batches since then).")]
    public OnDivergence OnDivergence { get; init; } = OnDivergence.Stop;

    /// <summary>k: a loss above mean + k · standard deviation of the last spike_window losses is a spike; null: no detection of spikes.</summary>
    [Option("k: a loss above mean + k · standard deviation of the last spike_window losses is a spike; null: no detection of spikes.", Above = 0)]
    public double? SpikeDeviations { get; init; }

    /// <summary>Number of previous losses in the detection of spikes.</summary>
    [Option("Number of previous losses in the detection of spikes.", Least = 2)]
    public int SpikeWindow { get; init; } = 100;

    /// <summary>Number of micro-batches of an update; updates are counted from 1.</summary>
    internal virtual int MicroBatches(int update) => Accumulate;

    /// <summary>
    /// Largest number of tokens in a micro-batch, and of those with logits over the vocabulary. The estimate of the memory depends on them.
    /// </summary>
    [JsonIgnore]
    internal abstract (long Tokens, long Predicted) MicroBatch { get; }

    /// <summary>Options that determine only the length of a run. They may change when it is resumed.</summary>
    [JsonIgnore]
    internal virtual IReadOnlyList<string> LengthKeys => ["steps"];

    /// <summary>These options with the length of recorded ones.</summary>
    internal TrainingOptions AsRecorded(JsonObject recorded) =>
        this with { Steps = (int?)recorded["steps"] ?? Steps, Warmup = (int?)recorded["warmup"] ?? Warmup };

    /// <summary>Detects spikes of the loss; null: no detection.</summary>
    [JsonIgnore]
    internal LossSpike? Spike => SpikeDeviations is { } deviations ? new LossSpike(SpikeWindow, deviations) : null;

    /// <summary>The learning rate of each step.</summary>
    [JsonIgnore]
    public virtual Schedule Rates => RatesOver(Steps);

    /// <summary>The learning rate over a number of positions, the last of which ends the schedule.</summary>
    internal Schedule RatesOver(int end) => Schedule switch
    {
        ScheduleKind.Constant => new ConstantSchedule { Peak = LearningRate, Warmup = Warmup },
        ScheduleKind.Linear => new LinearSchedule { Peak = LearningRate, Warmup = Warmup, End = end, Floor = Floor },
        ScheduleKind.InverseSquareRoot => new InverseSquareRootSchedule { Peak = LearningRate, Warmup = Warmup },
        ScheduleKind.WarmupStableDecay =>
            new WarmupStableDecaySchedule { Peak = LearningRate, Warmup = Warmup, End = end, Decay = (long)Math.Round(Decay * end), Floor = Floor },
        _ => new CosineSchedule { Peak = LearningRate, Warmup = Warmup, End = end, Floor = Floor },
    };

    /// <summary>Warnings before the run, such as a learning rate that never reaches its peak.</summary>
    [JsonIgnore]
    internal IEnumerable<string> Warnings => Warmup < Steps ? [] :
    [
        string.Create(CultureInfo.InvariantCulture,
            $"warmup is {Warmup:N0} and steps {Steps:N0}: the run ends during the warm-up, with a learning rate of "
            + $"{Math.Max(Rates.At(Steps - 1), Rates.At(Steps)):0.0#e-0} at most, instead of {LearningRate:0.0#e-0}; ")
            + "a warmup of 1 to 10 % of steps is usual",
    ];

    /// <summary>All options as JSON, as checkpoints store them.</summary>
    internal JsonObject ToJson()
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(this, RecipeJson.TypeOf(GetType())!)!;
        json["model"] = HuggingFaceFolder.ToJson(Model);
        return json;
    }

    /// <summary>Creates the optimiser of the options.</summary>
    public Optimizer OptimizerOf(ParameterStore parameters)
    {
        Optimizer optimizer = Adafactor is { } adafactor ? new Adafactor(parameters, adafactor) : Muon is { } muon ? new Muon(parameters, muon, AdamW)
            : new AdamW(parameters, AdamW);
        return EmaDecay is { } decay ? new Ema(parameters, optimizer, decay) : optimizer;
    }

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first invalid option.</summary>
    internal virtual void Check()
    {
        RecipeKeys.Check(RecipeJson.TypeOf(GetType())!, this);
        if (Adafactor is not null && Muon is not null)
            throw new ArgumentException("muon and adafactor are both set: set only one of them");
    }
}
