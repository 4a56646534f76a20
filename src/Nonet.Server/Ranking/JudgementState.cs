namespace Nonet.Server.Ranking;

/// <summary>Progress of a labeller with a task.</summary>
enum JudgementState
{
    /// <summary>Shown, but nothing is saved yet.</summary>
    Open,

    /// <summary>Saved, but not submitted.</summary>
    Draft,

    /// <summary>Submitted: it counts.</summary>
    Done,

    /// <summary>The labeller chose not to rank it.</summary>
    Skipped,
}

/// <summary>A task that a labeller was given.</summary>
/// <param name="Task">The task.</param>
/// <param name="Judgement">The judgement that was saved last.</param>
/// <param name="State">Progress of the labeller.</param>
/// <param name="Revision">Number of saves so far. The next save must name it.</param>
/// <param name="Submission">Id that the browser gave the last save.</param>
sealed record Assignment(RankingTask Task, Judgement Judgement, JudgementState State, long Revision, string Submission);

/// <summary>A browser's request to save a judgement.</summary>
/// <param name="Submission">Id that the browser generated: if the same save is sent twice, it is stored once.</param>
/// <param name="Revision">The revision that the browser changed.</param>
/// <param name="State">Draft, done or skipped.</param>
/// <param name="Judgement">Judgement to store, with the answers in the order of the task.</param>
sealed record JudgementSave(string Submission, long Revision, JudgementState State, Judgement Judgement);

/// <summary>A stored judgement with its task and labeller.</summary>
sealed record StoredJudgement(RankingTask Task, string Labeller, Judgement Judgement);
