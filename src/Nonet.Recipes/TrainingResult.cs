using Nonet.Recipes.Runs;

namespace Nonet.Recipes;

/// <summary>Result and cost of a run.</summary>
public sealed record TrainingResult
{
    /// <summary>Number of updates, including those before the run was resumed.</summary>
    public required int Step { get; init; }

    /// <summary>Whether it was stopped before its last step. A checkpoint of its state is on the disk.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Held-out evaluation at the end; null if the run was interrupted.</summary>
    public Evaluated? HeldOut { get; init; }

    /// <summary>Held-out loss at the end in nats per token; null if the run was interrupted or the loss has another unit.</summary>
    public double? NatsPerToken => HeldOut is { Unit: LossUnit.NatsPerToken } measured ? measured.Loss : null;

    /// <summary>Held-out loss at the end in bits per byte; null if the run was interrupted or the task has no such measure.</summary>
    public double? BitsPerByte => HeldOut?.BitsPerByte;

    /// <summary>Number of weights of the model.</summary>
    public required long Parameters { get; init; }

    /// <summary>Tokens that this process trained on.</summary>
    public required long Tokens { get; init; }

    /// <summary>Time that this process spent in training steps.</summary>
    public required TimeSpan Training { get; init; }

    /// <summary>Part of <see cref="Training"/> spent on reading batches.</summary>
    public required TimeSpan ReadingData { get; init; }

    /// <summary>Time that this process spent on metrics, events, plots and the page; not part of <see cref="Training"/>.</summary>
    public required TimeSpan Logging { get; init; }

    /// <summary>
    /// Floating-point operations for these tokens: (6 N + 12 · Layers · Width · length) per token; Chowdhery et al. 2022, appendix B. Null
    /// if they are not counted.
    /// </summary>
    public double? Flops { get; init; }

    /// <summary>Run folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Newest checkpoint.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Folder of the averaged model; null if the run does not average checkpoints.</summary>
    public string? Averaged { get; init; }
}
