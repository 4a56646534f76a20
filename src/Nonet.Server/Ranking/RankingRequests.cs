namespace Nonet.Server.Ranking;

/// <summary>The token of a link.</summary>
sealed record JoinRequest(string Token);

/// <summary>A labeller's judgement of a task, with the answers in the order of the page.</summary>
sealed record SaveRequest(string Submission, long Revision, string State, int?[] Ranks, int?[] Scores, string[][] Flags);

/// <summary>A request to return to the previous task.</summary>
sealed record UndoRequest(string Submission);

/// <summary>A labeller to invite.</summary>
sealed record InviteRequest(string Name, int Days);

/// <summary>The labeller that a request of the owner concerns.</summary>
sealed record LabellerRequest(string Id);

/// <summary>A task on a labeller's page.</summary>
/// <param name="Name">The labeller.</param>
/// <param name="Done">Number of tasks that the labeller submitted.</param>
/// <param name="Preparing">Whether more tasks will be added.</param>
/// <param name="Task">The task; null if none is left.</param>
/// <param name="Flags">All flags.</param>
sealed record TaskReply(string Name, int Done, bool Preparing, TaskOnPage? Task, IReadOnlyList<RankingFlag> Flags);

/// <summary>A task on the page, with its answers in the labeller's order.</summary>
sealed record TaskOnPage(string Id, string Prompt, IReadOnlyList<string> Answers, IReadOnlyList<int?> Ranks, IReadOnlyList<int?> Scores,
    IReadOnlyList<IReadOnlyList<string>> Flags, long Revision);

/// <summary>Reply to a save, with its revision.</summary>
sealed record SavedReply(long Revision);

/// <summary>A link for a labeller.</summary>
sealed record LinkReply(string Link);

/// <summary>Reason why a request was refused.</summary>
sealed record ErrorReply(string Error);

/// <summary>Content of the owner's page.</summary>
/// <param name="Place">Location of the rankings.</param>
/// <param name="Tasks">Number of tasks.</param>
/// <param name="Overlap">Wanted number of rankings per task.</param>
/// <param name="Preparation">Progress of writing answers; null if all are written.</param>
/// <param name="Problem">Why answers or rewards could not be computed; null: nothing went wrong.</param>
/// <param name="Ranked">Number of rankings that count towards the overlap: at most Overlap per task.</param>
/// <param name="Labellers">All labellers.</param>
/// <param name="Agreement">Agreement between labellers; null if no two have compared the same answers.</param>
/// <param name="Reward">Agreement between labellers and the reward model; null if there is no model, or nothing to compare yet.</param>
/// <param name="HasReward">Whether there is a reward model.</param>
sealed record OwnerReply(string Place, int Tasks, int Overlap, string? Preparation, string? Problem, int Ranked, IReadOnlyList<LabellerOnPage> Labellers,
    AgreementShare? Agreement, AgreementShare? Reward, bool HasReward);

/// <summary>A labeller on the owner's page.</summary>
/// <param name="Id">Id for requests.</param>
/// <param name="Name">Name.</param>
/// <param name="Done">Number of submitted tasks.</param>
/// <param name="Skipped">Number of skipped tasks.</param>
/// <param name="Begun">Number of open tasks.</param>
/// <param name="Link">State of the link.</param>
/// <param name="Invited">Whether there is a link.</param>
/// <param name="Agreement">Agreement with all other labellers; null if there is nothing to compare.</param>
/// <param name="Reward">Agreement with the reward model; null if there is nothing to compare.</param>
sealed record LabellerOnPage(string Id, string Name, int Done, int Skipped, int Begun, string Link, bool Invited, AgreementShare? Agreement,
    AgreementShare? Reward);
