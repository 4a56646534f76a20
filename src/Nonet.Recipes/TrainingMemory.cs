using System.Globalization;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Instructions;
using Nonet.Tensors;
using Nonet.Tensors.Reference;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// Estimates the memory of a training run from its shape: 16 bytes per weight (weight, gradient, two moments; 12 if Muon keeps one moment),
/// and 4 more with an average; for each token of a micro-batch its logits and the numbers that the blocks keep for the backward pass, in
/// F32; and 48 MB for the program. The estimate is within a tenth of measurements (docs/train.md).
/// </summary>
static class TrainingMemory
{
    const long Program = 48 << 20, Spare = 64 << 20, MostLogits = 64L << 20;

    /// <summary>Estimated memory in bytes.</summary>
    public static long Estimate(TrainingOptions options)
    {
        var (tokens, predicted) = options.MicroBatch;
        using var declared = Declared(options);
        var (weights, vocab) = (declared.Parameters.Sum(p => BytesOf(p, options)) + ((options as SftOptions)?.BaseBytes ?? 0), options.Model.Vocab);
        var (layers, width, block) = options.Model.Kept ?? throw new ArgumentException($"no estimate for a {options.Model.GetType().Name}");
        block += KeptByAdapters(declared) / layers;
        var kept = options.GradientCheckpointing ? (long)layers * width + block : layers * block;
        var logits = (long)Int128.Min((Int128)predicted * vocab, MostLogits);
        var step = 4 * ((Int128)tokens * (kept + 12L * width) + logits);
        if (options is SftOptions)
            step += step * 3 / 20 + Spare; // passes differ in length, so the pool holds more than any of them needs
        return (long)Int128.Min(long.MaxValue, Program + weights + step);
    }

    /// <summary>
    /// Numbers that adapters keep per token besides those of the model: the thin product of each. A magnitude (DoRA) also needs the result before it and
    /// the input of the last layer of a feed-forward part, which is otherwise computed while it is packed.
    /// </summary>
    static long KeptByAdapters(ParameterStore declared)
    {
        var gated = declared.Parameters.Any(p => p.Path.EndsWith("/gate/weight", StringComparison.Ordinal));
        return declared.Parameters.Sum(p =>
        {
            if (p.Path.EndsWith("/weight/b", StringComparison.Ordinal))
                return p.Shape[1];
            if (!p.Path.EndsWith("/weight/magnitude", StringComparison.Ordinal))
                return 0L;
            var isLast = p.Path.EndsWith("/down/weight/magnitude", StringComparison.Ordinal);
            var inputs = isLast ? declared.Parameters.First(a => a.Path == $"{p.Path.AsSpan(0, p.Path.LastIndexOf('/'))}/a").Shape[1] : 0L;
            return p.Shape[0] + (gated ? 2 : 1) * inputs;
        });
    }

    /// <summary>Number of weights that a run trains, including adapters, and number of frozen weights.</summary>
    internal static (long Trained, long Frozen) Weights(TrainingOptions options)
    {
        using var declared = Declared(options);
        var trained = declared.Trainable.Sum(p => p.Elements);
        return (trained, declared.Count - trained);
    }

    /// <summary>The parameters of a run, declared without values.</summary>
    static ParameterStore Declared(TrainingOptions options)
    {
        var declared = new ParameterStore(ReferenceDevice.Shared);
        var model = options.Model.Create(declared.Root);
        if (options is SftOptions { Lora: { } lora })
            lora.Attach(model).Dispose(); // the adapters stay declared, and all other weights stay frozen
        return declared;
    }

    /// <summary>
    /// Divides an update into micro-batches that fit: the largest batch that divides the sequences of an update and should fit in memory,
    /// and the corresponding accumulate. The order of summing gradients, and so the bits of the result, depend on the division; the run's
    /// recipe records it.
    /// </summary>
    /// <param name="options">Options with Batch · Accumulate sequences per update.</param>
    /// <param name="limit">Limit in bytes.</param>
    public static PretrainOptions Fit(PretrainOptions options, long limit)
    {
        if (options.BatchRamp is not null)
            throw new ArgumentException(
                "memory_mb and batch_ramp are both set: a ramp counts micro-batches, so set their size with batch instead of memory_mb");
        var sequences = options.Batch * options.Accumulate;
        for (var batch = sequences; batch >= 1; batch--)
        {
            if (sequences % batch == 0 && options with { Batch = batch, Accumulate = sequences / batch } is var fitting && Estimate(fitting) <= limit)
                return fitting;
        }
        throw new ArgumentException(
            $"memory_mb is {limit >> 20}: one sequence of {options.SequenceLength} tokens needs about {Estimate(options with { Batch = 1 }) >> 20} MB; "
            + "use gradient_checkpointing, a shorter length or a smaller model");
    }

    /// <summary>
    /// Throws an <see cref="ArgumentException"/> with both figures if training needs more memory than is available to this process. Call it
    /// before anything is allocated.
    /// </summary>
    public static void Require(TrainingOptions options) => Require(options, Total);

    internal static void Require(TrainingOptions options, long available)
    {
        var (weights, frozen) = Weights(options);
        if (weights > MostWeights)
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                $"the model has {weights:N0} weights to train: at most {MostWeights:N0} can be trained; take fewer layers or a smaller width"));
        var bytes = Estimate(options);
        if (bytes > available)
        {
            var help = options is PretrainOptions
                ? "a smaller model, a smaller batch, or memory_mb: auto, which divides it, or gradient_checkpointing" : "a smaller model, or a smaller batch";
            var all = weights + frozen;
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"too little memory: training a model of {all:N0} weights takes about {bytes >> 20:N0} MB, and {available >> 20:N0} MB are available to "
                + $"this process; take {help}"));
        }
    }

    /// <summary>Limit of weights: weights, gradients and moments each form one arena, whose elements are counted in an int.</summary>
    const long MostWeights = int.MaxValue - (1 << 20);

    /// <summary>
    /// Bytes of weight, gradient, average and optimiser state: one momentum with Muon, two moments with AdamW, row and column moments with Adafactor. A frozen
    /// weight under an adapter has no gradient and no state.
    /// </summary>
    static long BytesOf(Parameter parameter, TrainingOptions options)
    {
        if (options is FineTuneOptions { Lora: not null })
            return 4 * parameter.Elements;
        if (parameter.Frozen)
            return 0; // used directly in the mapped file
        var state = options.Adafactor is not null ? Adafactor.StateElements(parameter)
            : (options.Muon is not null && Muon.IsHidden(parameter) ? 1 : 2) * parameter.Elements;
        return (8 + (options.EmaDecay is null ? 0 : 4)) * parameter.Elements + 4 * state;
    }

    /// <summary>Memory of the machine, or the limit of the container.</summary>
    static long Total => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Six tenths of the memory that this process may use.</summary>
    public static long Available => (long)(0.6 * Total);
}
