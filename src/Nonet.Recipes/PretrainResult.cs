namespace Nonet.Recipes;

/// <summary>What a run came to and what it cost.</summary>
public sealed record PretrainResult
{
    /// <summary>Updates made, those of earlier parts of a resumed run included.</summary>
    public required int Step { get; init; }

    /// <summary>Whether it was stopped before its last step; a checkpoint of where it stood is on the disk.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Held-out loss at the end; null where it was interrupted.</summary>
    public double? NatsPerToken { get; init; }
    public double? BitsPerByte { get; init; }

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

    /// <summary>Floating-point operations of those tokens: (6 N + 12 · Layers · Width · length) a token; Chowdhery et al. 2022, appendix B.</summary>
    public required double Flops { get; init; }

    /// <summary>The run folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The newest checkpoint.</summary>
    public required string Checkpoint { get; init; }
}
