using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Checkpoints;
using Nonet.Models;
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
    InverseSquareRoot,

    /// <inheritdoc cref="WarmupStableDecaySchedule"/>
    WarmupStableDecay,
}

/// <summary>What every kind of training has in common: optimiser, schedule, when it is measured and saved. With the kind's own options it determines the outcome, bit for bit.</summary>
public abstract record TrainingOptions
{
    /// <summary>Shape of the model: must be given.</summary>
    [JsonIgnore]
    public ModelConfig Model
    {
        get => field ?? throw new ArgumentException($"the options have no model: {GetType().Name}.Model is needed");
        init;
    }

    /// <summary>Micro-batches an update: memory of one, gradient of all.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Updates.</summary>
    public required int Steps { get; init; }

    /// <summary>Highest rate, reached after the warm-up.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Updates until the highest rate.</summary>
    public int Warmup { get; init; } = 100;

    /// <summary>How the rate goes on from there.</summary>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>Rate at the end, as a fraction of the highest. Constant and inverse square root have none.</summary>
    public double Floor { get; init; } = 0.1;

    /// <summary>Of a warm-up-stable-decay schedule, the part of all updates over which the rate falls.</summary>
    public double Decay { get; init; } = 0.2;

    [JsonPropertyName("adamw")]
    public AdamWOptions AdamW { get; init; } = new();

    /// <summary>Muon for the hidden matrices, and AdamW for the rest; null: AdamW for all.</summary>
    public MuonOptions? Muon { get; init; }

    /// <summary>Decay of a running average of the weights; null: none. Evaluation, samples and the checkpoints' model use the average. See <see cref="Ema"/>.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Largest norm of the gradients; null: not clipped.</summary>
    public double? Clip { get; init; } = 1;

    /// <summary>What initialization, shuffling and dropout are keyed by.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Compute the blocks a second time in the backward pass instead of keeping what they computed.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Updates between evaluations; the last is always evaluated.</summary>
    public int EvaluateEvery { get; init; } = 250;

    /// <summary>Updates between checkpoints; the last is always saved.</summary>
    public int SaveEvery { get; init; } = 250;

    /// <summary>What happens when loss or gradients are no longer finite, or the loss is a spike.</summary>
    public OnDivergence OnDivergence { get; init; } = OnDivergence.Stop;

    /// <summary>k: a loss above mean + k · sd of the last <see cref="SpikeWindow"/> losses is a spike; null: none is. See <see cref="LossSpike"/>.</summary>
    public double? SpikeDeviations { get; init; }

    /// <summary>Losses looked back at for spikes.</summary>
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
        var json = OwnJson();
        json["model"] = HuggingFaceFolder.ToJson(Model);
        return json;
    }

    /// <summary>The options of this kind as JSON, without the model.</summary>
    private protected abstract JsonObject OwnJson();

    /// <summary>The optimiser that the options name.</summary>
    public Optimizer OptimizerOf(ParameterStore parameters)
    {
        Optimizer optimizer = Muon is { } muon ? new Muon(parameters, muon, AdamW) : new AdamW(parameters, AdamW);
        return EmaDecay is { } decay ? new Ema(parameters, optimizer, decay) : optimizer;
    }

    /// <summary>Throws an <see cref="ArgumentException"/> naming the first option that makes no sense.</summary>
    internal virtual void Check()
    {
        AtLeast(1, Accumulate, "accumulate");
        AtLeast(1, Steps, "steps");
        AtLeast(0, Warmup, "warmup");
        AtLeast(1, EvaluateEvery, "evaluate_every");
        AtLeast(1, SaveEvery, "save_every");
        if (LearningRate is not (> 0 and <= double.MaxValue))
            throw new ArgumentException($"learning_rate is {LearningRate}: a number above 0 is needed");
        if (Floor is not (>= 0 and <= 1))
            throw new ArgumentException($"floor is {Floor}: a fraction in [0, 1] is needed");
        if (Decay is not (> 0 and <= 1))
            throw new ArgumentException($"decay is {Decay}: a fraction in (0, 1] is needed");
        AdamW.Check();
        Muon?.Check();
        if (EmaDecay is { } ema)
            Ema.Check(ema);
        if (Clip is not (null or (> 0 and <= double.MaxValue)))
            throw new ArgumentException($"clip is {Clip}: a number above 0 is needed, or null");
        if (SpikeDeviations is not (null or (> 0 and <= double.MaxValue)))
            throw new ArgumentException($"spike_deviations is {SpikeDeviations}: a number above 0 is needed, or null");
        AtLeast(2, SpikeWindow, "spike_window");
    }

    private protected static void AtLeast(int least, int value, string name)
    {
        if (value < least)
            throw new ArgumentException($"{name} is {value}: at least {least} is needed");
    }
}
