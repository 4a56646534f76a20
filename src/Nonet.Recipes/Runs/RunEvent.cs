namespace Nonet.Recipes.Runs;

/// <summary>What a run tells whoever watches it, as it happens and on the thread that trains.</summary>
public abstract record RunEvent;

/// <summary>A part of the work begins.</summary>
/// <param name="Name">"text", "model", "training".</param>
/// <param name="Detail">What is known about it: sizes, folders.</param>
public sealed record StageStarted(string Name, string Detail) : RunEvent;

/// <summary>Text is being read and tokenized.</summary>
/// <param name="Bytes">Of text, so far.</param>
/// <param name="Documents">So far.</param>
/// <param name="BytesPerSecond">Mean rate.</param>
public sealed record DataRead(long Bytes, long Documents, double BytesPerSecond) : RunEvent;

/// <summary>An update was made.</summary>
/// <param name="Step">Updates made, this one included.</param>
/// <param name="Steps">Updates to make.</param>
/// <param name="Loss">Mean over the tokens of this step, before the update, in nats.</param>
/// <param name="LearningRate">Of this update.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Tokens">Trained on up to here, in all processes of the run.</param>
/// <param name="Training">Time in training steps up to here, in all processes of the run.</param>
/// <param name="TokensPerSecond">Since the last report, evaluation, samples and checkpoints left out.</param>
/// <param name="Remaining">Time to go at the mean rate of this process so far.</param>
public sealed record StepDone(
    int Step, int Steps, double Loss, double LearningRate, double GradientNorm, long Tokens, TimeSpan Training, double TokensPerSecond, TimeSpan Remaining) : RunEvent;

/// <summary>The held-out text was measured.</summary>
/// <param name="Step">Updates made.</param>
/// <param name="Loss">Mean held-out loss.</param>
/// <param name="BitsPerByte">The same by the bytes that the tokens stand for, which vocabularies can be compared by; null where that says nothing.</param>
/// <param name="Best">Whether no earlier measurement was better.</param>
public sealed record Evaluated(int Step, double Loss, double? BitsPerByte, bool Best) : RunEvent
{
    /// <summary>What the loss is measured in.</summary>
    public string Unit { get; init; } = LossUnit.NatsPerToken;

    /// <summary>Other measures of the held-out data.</summary>
    public IReadOnlyList<Score> Scores { get; init; } = [];
}

/// <summary>A measure that is not a loss.</summary>
/// <param name="Name">As files and plots name it: accuracy, bleu.</param>
/// <param name="Value">NaN where it is not defined.</param>
public sealed record Score(string Name, double Value);

/// <summary>The model wrote something.</summary>
public sealed record Sampled(int Step, string Prompt, string Text) : RunEvent;

/// <summary>A checkpoint is on the disk.</summary>
public sealed record Saved(int Step, string Folder) : RunEvent;

/// <summary>The run went back to a checkpoint.</summary>
/// <param name="Step">Updates of the checkpoint.</param>
/// <param name="From">The update that was not made.</param>
/// <param name="Reason">What diverged, and in which tensor.</param>
public sealed record RolledBack(int Step, int From, string Reason) : RunEvent;
