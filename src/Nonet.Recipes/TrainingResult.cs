using Nonet.Recipes.Runs;

namespace Nonet.Recipes;

/// <summary>What a run came to and what it cost.</summary>
public sealed record TrainingResult
{
    /// <summary>Updates made, those of earlier parts of a resumed run included.</summary>
    public required int Step { get; init; }

    /// <summary>Whether it was stopped before its last step; a checkpoint of where it stood is on the disk.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>The held-out measurement at the end; null where it was interrupted.</summary>
    public Evaluated? HeldOut { get; init; }

    /// <summary>Held-out loss at the end; null where it was interrupted, or where the loss has another unit.</summary>
    public double? NatsPerToken => HeldOut is { Unit: LossUnit.NatsPerToken } measured ? measured.Loss : null;

    /// <summary>The same by bytes; null also where the kind of training has none.</summary>
    public double? BitsPerByte => HeldOut?.BitsPerByte;

    /// <summary>Weights of the model.</summary>
    public required long Parameters { get; init; }

    /// <summary>Tokens trained on by this process.</summary>
    public required long Tokens { get; init; }

    /// <summary>Time of this process in training steps alone.</summary>
    public required TimeSpan Training { get; init; }

    /// <summary>Of that, time spent on reading batches.</summary>
    public required TimeSpan ReadingData { get; init; }

    /// <summary>Time of this process in metrics, events, plots and the page; not in <see cref="Training"/>.</summary>
    public required TimeSpan Logging { get; init; }

    /// <summary>Floating-point operations of those tokens: (6 N + 12 · Layers · Width · length) a token; Chowdhery et al. 2022, appendix B. Null where they are not counted.</summary>
    public double? Flops { get; init; }

    /// <summary>The run folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The newest checkpoint.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The folder of the averaged model; null where none was asked for.</summary>
    public string? Averaged { get; init; }
}
