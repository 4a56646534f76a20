using System.Globalization;
using Nonet.Recipes.FineTuning;
using Nonet.Tensors;
using Nonet.Tensors.Reference;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// What a training run needs of memory, from its shape alone: 16 bytes a weight (weight, gradient, two moments; 12 where Muon keeps one) and 4 with an average; for each token of a micro-batch
/// what the blocks keep for the backward pass and its logits, in F32; and 48 MB for the program. Within a tenth of what is measured (docs/train.md).
/// </summary>
public static class TrainingMemory
{
    const long Program = 48 << 20, MostLogits = 64L << 20;

    /// <summary>Bytes.</summary>
    public static long Estimate(PretrainOptions options)
    {
        var tokens = (long)options.Batch * options.SequenceLength;
        using var declared = new ParameterStore(ReferenceDevice.Shared); // nothing is filled
        options.Model.Create(declared.Root);
        var (weights, vocab) = (declared.Parameters.Sum(p => p.Elements * BytesOf(p, options)), options.Model.Vocab);
        var (layers, width, block) = options.Model.Kept ?? throw new ArgumentException($"no estimate for a {options.Model.GetType().Name}");
        var kept = options.GradientCheckpointing ? (long)layers * width + block : layers * block;
        var logits = (long)Int128.Min((Int128)tokens * vocab, MostLogits);
        return (long)Int128.Min(long.MaxValue, Program + weights + 4 * ((Int128)tokens * (kept + 12L * width) + logits));
    }

    /// <summary>
    /// The same update in micro-batches that fit: the largest batch that divides the sequences of an update and is estimated to fit, accumulate times. Gradients are then summed in
    /// another order, so the bits depend on the division; it is written into the run's recipe.
    /// </summary>
    /// <param name="options">Batch · Accumulate sequences an update.</param>
    /// <param name="limit">Bytes.</param>
    public static PretrainOptions Fit(PretrainOptions options, long limit)
    {
        if (options.BatchRamp is not null)
            throw new ArgumentException("memory_mb and batch_ramp are both given: a ramp counts micro-batches, so give their size by batch");
        var sequences = options.Batch * options.Accumulate;
        for (var batch = sequences; batch >= 1; batch--)
        {
            if (sequences % batch == 0 && options with { Batch = batch, Accumulate = sequences / batch } is var fitting && Estimate(fitting) <= limit)
                return fitting;
        }
        throw new ArgumentException($"memory_mb is {limit >> 20}: one sequence of {options.SequenceLength} tokens is estimated to take {Estimate(options with { Batch = 1 }) >> 20}; "
            + "use gradient_checkpointing, a shorter length or a smaller model");
    }

    /// <summary>
    /// Throws an <see cref="ArgumentException"/> with both figures if training needs more memory than this process can have. Called before anything is allocated: of decoders the estimate,
    /// of other models their weights, gradients and moments alone.
    /// </summary>
    public static void Require(TrainingOptions options) => Require(options, Total);

    internal static void Require(TrainingOptions options, long available)
    {
        using var declared = new ParameterStore(ReferenceDevice.Shared); // nothing is filled
        options.Model.Create(declared.Root);
        var weights = declared.Count;
        if (weights > MostWeights)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"the model has {weights:N0} weights: at most {MostWeights:N0} can be trained; take fewer layers or a smaller width"));
        var bytes = options is PretrainOptions pretrain ? Estimate(pretrain) : Program + declared.Parameters.Sum(p => p.Elements * BytesOf(p, options));
        if (bytes > available)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"too little memory: training a model of {weights:N0} weights takes about {bytes >> 20:N0} MB, and this process can have {available >> 20:N0} MB; "
                + $"take a smaller model{(options is PretrainOptions ? ", a smaller batch, or memory_mb: auto, which divides it, or gradient_checkpointing" : "")}"));
        }
    }

    /// <summary>Weights, gradients and moments lie in one arena each, whose elements are counted in an int.</summary>
    const long MostWeights = int.MaxValue - (1 << 20);

    /// <summary>Weight, gradient, average, and what the optimiser keeps: one momentum with Muon, two moments with AdamW. Under an adapter the weight alone.</summary>
    static int BytesOf(Parameter parameter, TrainingOptions options) => options is FineTuneOptions { Lora: not null } ? 4
        : 8 + (options.EmaDecay is null ? 0 : 4) + (options.Muon is not null && Muon.IsHidden(parameter) ? 4 : 8);

    /// <summary>Memory of the machine, or the container's limit.</summary>
    static long Total => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Six tenths of the memory that this process may use.</summary>
    public static long Available => (long)(0.6 * Total);
}
