namespace Nonet.Server.Ranking;

/// <summary>The token of a link.</summary>
sealed record JoinRequest(string Token);

/// <summary>What a labeller says of a task, answers in the order of the page.</summary>
sealed record SaveRequest(string Submission, long Revision, string State, int?[] Ranks, int?[] Scores, string[][] Flags);

/// <summary>Back to the task before.</summary>
sealed record UndoRequest(string Submission);

/// <summary>A labeller to invite.</summary>
sealed record InviteRequest(string Name, int Days);

/// <summary>The labeller whom a request of the owner is about.</summary>
sealed record LabellerRequest(string Id);

/// <summary>A task on a labeller's page.</summary>
/// <param name="Name">The labeller.</param>
/// <param name="Done">Tasks that the labeller submitted.</param>
/// <param name="Preparing">More tasks will come.</param>
/// <param name="Task">The task; null: nothing is left.</param>
/// <param name="Flags">All flags.</param>
sealed record TaskReply(string Name, int Done, bool Preparing, TaskOnPage? Task, IReadOnlyList<RankingFlag> Flags);

/// <summary>A task with its answers in the labeller's order.</summary>
sealed record TaskOnPage(string Id, string Prompt, IReadOnlyList<string> Answers, IReadOnlyList<int?> Ranks, IReadOnlyList<int?> Scores,
    IReadOnlyList<IReadOnlyList<string>> Flags, long Revision);

/// <summary>A save is stored under this revision.</summary>
sealed record SavedReply(long Revision);

/// <summary>A link for a labeller.</summary>
sealed record LinkReply(string Link);

/// <summary>Why a request was not granted.</summary>
sealed record ErrorReply(string Error);

/// <summary>What the owner sees.</summary>
/// <param name="Place">Where the rankings are.</param>
/// <param name="Tasks">Tasks there are.</param>
/// <param name="Overlap">Rankings that each task is to have.</param>
/// <param name="Preparation">How far answers are written; null: all are.</param>
/// <param name="Problem">Why answers or rewards could not be computed; null: nothing went wrong.</param>
/// <param name="Ranked">Rankings by the number that counts towards the overlap.</param>
/// <param name="Labellers">Everybody.</param>
/// <param name="Agreement">Between labellers; null: no two have compared the same answers.</param>
/// <param name="Reward">Between labellers and the reward model; null: there is none, or nothing to compare yet.</param>
/// <param name="HasReward">There is a reward model.</param>
sealed record OwnerReply(string Place, int Tasks, int Overlap, string? Preparation, string? Problem, int Ranked, IReadOnlyList<LabellerOnPage> Labellers,
    AgreementShare? Agreement, AgreementShare? Reward, bool HasReward);

/// <summary>A labeller on the owner's page.</summary>
/// <param name="Id">Id for requests.</param>
/// <param name="Name">Name.</param>
/// <param name="Done">Submitted tasks.</param>
/// <param name="Skipped">Skipped tasks.</param>
/// <param name="Begun">Tasks that are open.</param>
/// <param name="Link">State of the link.</param>
/// <param name="Invited">There is a link.</param>
/// <param name="Agreement">With all others; null: nothing to compare.</param>
/// <param name="Reward">With the reward model; null: nothing to compare.</param>
sealed record LabellerOnPage(string Id, string Name, int Done, int Skipped, int Begun, string Link, bool Invited, AgreementShare? Agreement,
    AgreementShare? Reward);
