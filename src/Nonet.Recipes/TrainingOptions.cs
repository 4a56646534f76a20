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

/// <summary>What a run does about a loss that is not finite or a spike.</summary>
public enum OnDivergence
{
    /// <summary>End with an error that names step and tensor; the checkpoints stay.</summary>
    Stop,

    /// <summary>
    /// Go back to the last checkpoint and on from there with the batches after the one that did it: Chowdhery et al. 2022, section 5.1. After
    /// three times without a new checkpoint, or where there is none yet, stop.
    /// </summary>
    Rollback,
}

/// <summary>How the learning rate goes on after the warm-up.</summary>
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

/// <summary>What every kind of training has in common: optimiser, schedule, when it is measured and saved. With the kind's own options it determines the outcome, bit for bit.</summary>
public abstract record TrainingOptions
{
    /// <summary>The most sequences of a micro-batch, and the most micro-batches of an update: their product fits in a long with any length.</summary>
    internal const int MostParts = 1 << 20;

    /// <summary>Shape of the model: must be given.</summary>
    [JsonIgnore]
    public ModelConfig Model
    {
        get => field ?? throw new ArgumentException($"the options have no model: {GetType().Name}.Model is needed");
        init;
    }

    [Option("Micro-batches an update: memory of one, gradient of all.", Least = 1, Most = MostParts)]
    public int Accumulate { get; init; } = 1;

    [Option("Updates.", Least = 1)]
    [JsonPropertyOrder(-1)]
    public required int Steps { get; init; }

    [Option("Highest rate, reached after the warm-up.", Above = 0)]
    public double LearningRate { get; init; } = 1e-3;

    [Option("Updates until the highest rate.", Least = 0)]
    public int Warmup { get; init; } = 100;

    [Option("How the rate goes on from there: cosine, linear, constant, inverse_sqrt, or wsd: constant, and falling over the last decay of all steps.")]
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    [Option("Rate at the end, as a fraction of the highest. Constant and inverse_sqrt have none.", Least = 0, Most = 1)]
    public double Floor { get; init; } = 0.1;

    [Option("Of schedule: wsd, the part of all updates over which the rate falls.", Above = 0, Most = 1)]
    public double Decay { get; init; } = 0.2;

    [Option("The optimiser.")]
    [JsonPropertyName("adamw")]
    public AdamWOptions AdamW { get; init; } = new();

    [Option("Muon for the hidden matrices, and AdamW for the rest; null: AdamW for all.")]
    public MuonOptions? Muon { get; init; }

    [Option("Decay of a running average of the weights; null: none. Evaluation, samples and the checkpoints' model use the average.", Above = 0, Below = 1)]
    public double? EmaDecay { get; init; }

    [Option("Largest norm of the gradients; null: not clipped.", Above = 0)]
    public double? Clip { get; init; } = 1;

    [Option("What initialization, shuffling and dropout are keyed by.")]
    public ulong Seed { get; init; } = 1;

    [Option("Compute the blocks a second time in the backward pass instead of keeping what they computed: a third more time for a fraction of the memory.")]
    public bool GradientCheckpointing { get; init; }

    [Option("Updates between evaluations; the last is always evaluated.", Least = 1)]
    public int EvaluateEvery { get; init; } = 250;

    [Option("Updates between checkpoints; the last is always saved.", Least = 1)]
    public int SaveEvery { get; init; } = 250;

    [Option("When loss or gradients are no longer finite, or the loss is a spike: stop, or rollback to the last checkpoint and past the batches since.")]
    public OnDivergence OnDivergence { get; init; } = OnDivergence.Stop;

    [Option("k: a loss above mean + k · standard deviation of the last spike_window losses is a spike; null: none is.", Above = 0)]
    public double? SpikeDeviations { get; init; }

    [Option("Losses looked back at for spikes.", Least = 2)]
    public int SpikeWindow { get; init; } = 100;

    /// <summary>Micro-batches of an update, counted from 1.</summary>
    internal virtual int MicroBatches(int update) => Accumulate;

    /// <summary>Options that say how long a run is: they may be others when it is resumed.</summary>
    [JsonIgnore]
    internal virtual IReadOnlyList<string> LengthKeys => ["steps"];

    /// <summary>These options with the length that recorded ones have.</summary>
    internal TrainingOptions AsRecorded(JsonObject recorded) => this with { Steps = (int?)recorded["steps"] ?? Steps, Warmup = (int?)recorded["warmup"] ?? Warmup };

    /// <summary>Finds spikes of the loss; null if none are looked for.</summary>
    [JsonIgnore]
    internal LossSpike? Spike => SpikeDeviations is { } deviations ? new LossSpike(SpikeWindow, deviations) : null;

    /// <summary>The learning rate of each step.</summary>
    [JsonIgnore]
    public Schedule Rates => Schedule switch
    {
        ScheduleKind.Constant => new ConstantSchedule { Peak = LearningRate, Warmup = Warmup },
        ScheduleKind.Linear => new LinearSchedule { Peak = LearningRate, Warmup = Warmup, End = Steps, Floor = Floor },
        ScheduleKind.InverseSquareRoot => new InverseSquareRootSchedule { Peak = LearningRate, Warmup = Warmup },
        ScheduleKind.WarmupStableDecay => new WarmupStableDecaySchedule { Peak = LearningRate, Warmup = Warmup, End = Steps, Decay = (long)Math.Round(Decay * Steps), Floor = Floor },
        _ => new CosineSchedule { Peak = LearningRate, Warmup = Warmup, End = Steps, Floor = Floor },
    };

    /// <summary>What the user should know before the run, such as a rate that never reaches its peak.</summary>
    [JsonIgnore]
    internal IEnumerable<string> Warnings => Warmup < Steps ? [] :
    [
        string.Create(CultureInfo.InvariantCulture, $"warmup is {Warmup:N0} and steps {Steps:N0}: the run ends within the warm-up, with a rate of {Math.Max(Rates.At(Steps - 1), Rates.At(Steps)):0.0#e-0} at most instead of {LearningRate:0.0#e-0}; ")
            + "a warmup of 1 to 10 % of steps is usual",
    ];

    /// <summary>All options as JSON, as checkpoints keep them.</summary>
    internal JsonObject ToJson()
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(this, RecipeJson.TypeOf(GetType())!)!;
        json["model"] = HuggingFaceFolder.ToJson(Model);
        return json;
    }

    /// <summary>The optimiser that the options name.</summary>
    public Optimizer OptimizerOf(ParameterStore parameters)
    {
        Optimizer optimizer = Muon is { } muon ? new Muon(parameters, muon, AdamW) : new AdamW(parameters, AdamW);
        return EmaDecay is { } decay ? new Ema(parameters, optimizer, decay) : optimizer;
    }

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    internal virtual void Check() => RecipeKeys.Check(RecipeJson.TypeOf(GetType())!, this);
}
