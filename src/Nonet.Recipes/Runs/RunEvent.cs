namespace Nonet.Recipes.Runs;

/// <summary>An event of a run. It is reported when it happens, on the thread that trains.</summary>
public abstract record RunEvent;

/// <summary>A stage of the work begins.</summary>
/// <param name="Name">"text", "model", "training".</param>
/// <param name="Detail">Facts about it: sizes, folders.</param>
public sealed record StageStarted(string Name, string Detail) : RunEvent;

/// <summary>Text is being read and tokenized.</summary>
/// <param name="Bytes">Bytes of text so far.</param>
/// <param name="Documents">Documents so far.</param>
/// <param name="BytesPerSecond">Mean rate.</param>
public sealed record DataRead(long Bytes, long Documents, double BytesPerSecond) : RunEvent;

/// <summary>An update was made.</summary>
/// <param name="Step">Number of updates so far, including this one.</param>
/// <param name="Steps">Number of updates in the run.</param>
/// <param name="Loss">Mean loss over the tokens of this step, before the update, in nats.</param>
/// <param name="LearningRate">Learning rate of this update.</param>
/// <param name="GradientNorm">Norm of the gradients before clipping.</param>
/// <param name="Tokens">Tokens trained on so far, in all processes of the run.</param>
/// <param name="Training">Time in training steps so far, in all processes of the run.</param>
/// <param name="TokensPerSecond">Rate since the last report, without evaluations, samples and checkpoints.</param>
/// <param name="Remaining">Remaining time at the mean rate of this process so far.</param>
public sealed record StepDone(
    int Step, int Steps, double Loss, double LearningRate, double GradientNorm, long Tokens, TimeSpan Training, double TokensPerSecond, TimeSpan Remaining)
    : RunEvent;

/// <summary>The model was evaluated on held-out data.</summary>
/// <param name="Step">Number of updates so far.</param>
/// <param name="Loss">Mean held-out loss.</param>
/// <param name="BitsPerByte">Loss in bits per byte of text, which is comparable between vocabularies; null if the task has no such measure.</param>
/// <param name="Best">Whether no earlier evaluation was better.</param>
public sealed record Evaluated(int Step, double Loss, double? BitsPerByte, bool Best) : RunEvent
{
    /// <summary>Unit of the loss.</summary>
    public string Unit { get; init; } = LossUnit.NatsPerToken;

    /// <summary>Other measures of the held-out data.</summary>
    public IReadOnlyList<Score> Scores { get; init; } = [];

    /// <summary>Curves of this evaluation, such as a calibration.</summary>
    internal IReadOnlyList<MeasuredCurve> Curves { get; init; } = [];
}

/// <summary>Figures of an update other than its loss, such as the reward and the KL of a rollout.</summary>
/// <param name="Step">Number of updates so far.</param>
/// <param name="Scores">The figures.</param>
public sealed record Measured(int Step, IReadOnlyList<Score> Scores) : RunEvent;

/// <summary>A measure other than the loss.</summary>
/// <param name="Name">Name in files and plots: accuracy, bleu.</param>
/// <param name="Value">NaN if it is undefined.</param>
public sealed record Score(string Name, double Value);

/// <summary>The model wrote a sample.</summary>
public sealed record Sampled(int Step, string Prompt, string Text) : RunEvent;

/// <summary>A checkpoint was saved.</summary>
public sealed record Saved(int Step, string Folder) : RunEvent;

/// <summary>The run went back to a checkpoint.</summary>
/// <param name="Step">Number of updates of the checkpoint.</param>
/// <param name="From">Number of the update that was not made.</param>
/// <param name="Reason">What diverged, and in which tensor.</param>
public sealed record RolledBack(int Step, int From, string Reason) : RunEvent;
