using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Data.Instructions;
using Nonet.Recipes.FineTuning;
using Nonet.Tensors;

namespace Nonet.Recipes.Instructions;

/// <summary>The user's settings of a tuning run. All other settings have defaults for the model and the machine.</summary>
public sealed record TuneOptions
{
    /// <summary>The model: a Hugging Face folder, a .gguf file, a run folder or a pulled model.</summary>
    public required string Model { get; init; }

    /// <summary>The examples: see <see cref="SftData.Path"/>.</summary>
    public required string Data { get; init; }

    /// <summary>
    /// Rank of LoRA adapters; null: all weights are trained if that fits in memory and they are not quantised, otherwise adapters of rank 16.
    /// </summary>
    public int? Lora { get; init; }

    /// <summary>Whether to train all weights.</summary>
    public bool Full { get; init; }

    /// <summary>Number of passes over the examples.</summary>
    public double Epochs { get; init; } = 3;

    /// <summary>Peak learning rate; null: it depends on the number of trained weights.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Examples per update; null: 16, or fewer if there are few examples.</summary>
    public int? Batch { get; init; }

    /// <summary>Maximum number of tokens in an example; null: the model's context.</summary>
    public int? Length { get; init; }

    /// <summary>Chat template to use instead of the model's: see <see cref="SftData.Template"/>.</summary>
    public string? Template { get; init; }

    /// <summary>Layout of the examples; null: determined by the fields of each example.</summary>
    public InstructionLayout? Layout { get; init; }

    /// <summary>Seed of the adapters' initial values, of shuffling and of dropout.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Limit of the memory in bytes; null: six tenths of what this process may use.</summary>
    public long? Memory { get; init; }
}

/// <summary>A planned tuning run.</summary>
/// <param name="Recipe">The recipe to run.</param>
/// <param name="Bytes">Estimated peak memory in bytes.</param>
/// <param name="Trained">Number of trained weights.</param>
/// <param name="Frozen">Number of frozen weights.</param>
/// <param name="Reason">Why all weights or adapters are trained.</param>
public sealed record TunePlan(SftRecipe Recipe, long Bytes, long Trained, long Frozen, string Reason)
{
    /// <summary>The forecast, for the user.</summary>
    public string Outline => string.Create(CultureInfo.InvariantCulture, $"{Trained:N0} weights trained, {Frozen:N0} frozen ({Reason}); ")
        + string.Create(CultureInfo.InvariantCulture, $"forecast of memory {Bytes >> 20:N0} MB, with passes of {Recipe.Training.PassTokens:N0} tokens")
        + (Recipe.Training.GradientCheckpointing ? " and recomputed blocks" : "");
}

/// <summary>Fine-tunes a model on a user's examples, with defaults that suit the model's size and the machine's memory.</summary>
public static class Tune
{
    const int Rank = 16, UsualBatch = 16, UsualPass = 2048, LeastPass = 256, LeastUpdates = 10;

    /// <summary>Plans a run. It only reads and encodes the examples.</summary>
    /// <exception cref="ArgumentException">
    /// The run does not fit in the memory, even with adapters and recomputed blocks. The message has both figures.
    /// </exception>
    public static TunePlan Plan(TuneOptions options, CancellationToken stopping = default)
    {
        if (options.Full && options.Lora is not null)
            throw new ArgumentException("both all weights and adapters are requested; choose one");
        var file = Sft.OpenBase(options.Model);
        var format = new InstructionFormat(file, options.Template);
        var length = Math.Min(options.Length ?? file.Config.MaxLength, file.Config.MaxLength);
        if (SftData.IsMixture(options.Data))
            throw new NotSupportedException(
                $"{options.Data}: found a mixture of tasks, which has no end; write a recipe (task: sft) with data.path: {options.Data} and "
                + $"training.updates, and use nonet train");
        var data = new SftData { Path = options.Data, Layout = options.Layout, Template = options.Template };
        var examples = new EncodedInstructions(new InstructionList(options.Data, options.Layout), format.Encoder, length, stopping: stopping);
        data = data with { HeldOut = examples.Count < 200 ? 0.1 : 0.05 };
        var batch = options.Batch ?? Math.Clamp((int)(options.Epochs * examples.Count!.Value / LeastUpdates), 1, UsualBatch);
        var quantised = file.Tensors.Tensors.Values.Any(t => t.DType is { } type && type.IsQuantized());
        var limit = options.Memory ?? TrainingMemory.Available;
        var updates = Math.Max(1, (int)Math.Ceiling(options.Epochs * examples.Count!.Value / batch));
        var common = new SftOptions
        {
            Batch = batch,
            Epochs = options.Epochs,
            Length = options.Length,
            Seed = options.Seed,
            EvaluateEvery = Math.Max(1, updates / 4),
            SaveEvery = Math.Max(1, updates / 4),
        };
        if (options.Lora is null && (options.Full || !quantised) && Fit(common, file, examples, length, limit) is { } full)
            return Planned(full, options.Full ? "as requested" : "all of them fit in memory");
        if (options.Full)
            throw new ArgumentException(TooLarge("training all weights", common, file, examples, length, limit) + "; leave out --full to train adapters");
        var lora = common with { Lora = new LoraOptions { Rank = options.Lora ?? Rank, Alpha = 2 * (options.Lora ?? Rank), Projections = ["matrix"] } };
        var fitting = Fit(lora, file, examples, length, limit)
            ?? throw new ArgumentException(TooLarge("even training adapters", lora, file, examples, length, limit)
                + "; take a smaller or quantised model, or a smaller --length");
        return Planned(fitting, options.Lora is not null ? $"LoRA of rank {options.Lora}, as requested"
            : quantised ? $"LoRA of rank {Rank}: the weights are quantised" : $"LoRA of rank {Rank}: all of them do not fit in memory");

        TunePlan Planned(SftOptions training, string reason)
        {
            var (trained, frozen) = TrainingMemory.Weights(training);
            training = training with { LearningRate = options.LearningRate ?? RateFor(trained + frozen, training.Lora is not null) };
            var recipe = new SftRecipe { Name = "tune", From = options.Model, Data = data, Training = training };
            return new TunePlan(recipe, TrainingMemory.Estimate(training), trained, frozen, reason);
        }
    }

    /// <summary>Runs a plan in a run folder: see <see cref="TrainRecipe.Run"/>.</summary>
    public static TrainingResult Run(
        TunePlan plan, Device device, string? folder = null, int? threads = null, IProgress<Runs.RunEvent>? progress = null,
        CancellationToken stopping = default) =>
        TrainRecipe.Run(plan.Recipe, device, folder, threads: threads, progress: progress, stopping: stopping);

    /// <summary>The options with the largest passes that fit in memory, if necessary with recomputed blocks; null if none fit.</summary>
    static SftOptions? Fit(SftOptions options, ModelFile file, EncodedInstructions examples, int length, long limit)
    {
        foreach (var recomputes in (bool[])[false, true])
        {
            for (var pass = UsualPass; pass >= LeastPass; pass /= 2)
            {
                var tried = Sft.Sized(options with { PassTokens = pass, GradientCheckpointing = recomputes }, file);
                tried = tried with { LargestPass = Sft.LargestPass(tried, examples, length) };
                if (TrainingMemory.Estimate(tried) <= limit)
                    return tried;
            }
        }
        return null;
    }

    static string TooLarge(string what, SftOptions options, ModelFile file, EncodedInstructions examples, int length, long limit)
    {
        var least = Sft.Sized(options with { PassTokens = LeastPass, GradientCheckpointing = true }, file);
        least = least with { LargestPass = Sft.LargestPass(least, examples, length) };
        var needed = TrainingMemory.Estimate(least) >> 20;
        return string.Create(CultureInfo.InvariantCulture, $"too little memory: {what} takes about {needed:N0} MB, and {limit >> 20:N0} MB may be used");
    }

    /// <summary>Default learning rate. Small models and adapters tolerate higher rates.</summary>
    static double RateFor(long weights, bool adapters) => (weights, adapters) switch
    {
        ( < 20_000_000, true) => 2e-3,
        ( < 500_000_000, true) => 5e-4,
        (_, true) => 2e-4,
        ( < 20_000_000, false) => 5e-4,
        ( < 500_000_000, false) => 5e-5,
        _ => 1e-5,
    };
}
