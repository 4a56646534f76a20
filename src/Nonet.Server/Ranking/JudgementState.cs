namespace Nonet.Server.Ranking;

/// <summary>How far a labeller is with a task.</summary>
enum JudgementState
{
    /// <summary>Shown, nothing saved.</summary>
    Open,

    /// <summary>Saved on the way.</summary>
    Draft,

    /// <summary>Submitted: it counts.</summary>
    Done,

    /// <summary>The labeller chose not to rank it.</summary>
    Skipped,
}

/// <summary>A task as one labeller has it.</summary>
/// <param name="Task">The task.</param>
/// <param name="Judgement">What was saved last.</param>
/// <param name="State">How far it is.</param>
/// <param name="Revision">Number of saves so far; the next save names it.</param>
/// <param name="Submission">Id that the browser gave the last save.</param>
sealed record Assignment(RankingTask Task, Judgement Judgement, JudgementState State, long Revision, string Submission);

/// <summary>A save that a browser asks for.</summary>
/// <param name="Submission">Id that the browser made: the same save sent twice is stored once.</param>
/// <param name="Revision">The revision that the browser changed.</param>
/// <param name="State">Draft, done or skipped.</param>
/// <param name="Judgement">What to store, answers in the order of the task.</param>
sealed record JudgementSave(string Submission, long Revision, JudgementState State, Judgement Judgement);

/// <summary>A stored judgement with its task and labeller.</summary>
sealed record StoredJudgement(RankingTask Task, string Labeller, Judgement Judgement);
