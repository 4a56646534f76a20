using System.Data.Common;

namespace Nonet.Server.Ranking.Store;

/// <summary>Tasks that labellers work on.</summary>
public sealed partial class RankingStore
{
    const string AssignmentQuery = "SELECT t.content, j.content, j.state, j.revision, j.submission FROM nonet_judgements j JOIN nonet_tasks t ON t.id = j.task "
        + "WHERE j.labeller = @labeller";

    /// <summary>
    /// The task that a labeller has begun, otherwise a new one: one of those with the fewest rankings, if it has fewer than requested. A task that
    /// another labeller has open counts as ranked for half an hour.
    /// </summary>
    /// <param name="labeller">Id of the labeller.</param>
    /// <param name="overlap">Wanted number of rankings per task.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <returns>Null if no task is left.</returns>
    internal Task<Assignment?> Next(string labeller, int overlap, CancellationToken stopping = default) => Write(async sql =>
    {
        if (await Begun(sql, labeller).ConfigureAwait(false) is { } begun)
            return begun;
        var next = await sql.First(row => TaskOf(row.GetString(0)),
            "SELECT t.content FROM nonet_tasks t LEFT JOIN nonet_judgements j ON j.task = t.id AND (j.state = 'Done' OR "
            + "j.state IN ('Open', 'Draft') AND j.saved > @since) WHERE t.answers BETWEEN @fewest AND @most "
            + "AND NOT EXISTS (SELECT 1 FROM nonet_judgements own WHERE own.task = t.id AND own.labeller = @labeller) "
            + "GROUP BY t.id, t.position, t.content HAVING COUNT(j.task) < @overlap ORDER BY COUNT(j.task), t.position, t.id LIMIT 1",
            ("since", Now - (long)OpenFor.TotalMilliseconds), ("fewest", (long)Data.Preferences.Candidates.Fewest),
            ("most", (long)Data.Preferences.Candidates.Most), ("labeller", labeller), ("overlap", (long)overlap)).ConfigureAwait(false);
        if (next is null)
            return null;
        await InsertJudgement(sql, next.Id, labeller, JudgementState.Open, Judgement.Empty(next.Answers.Count)).ConfigureAwait(false);
        return await Begun(sql, labeller).ConfigureAwait(false);
    }, stopping);

    /// <summary>Stores a labeller's judgement of a task.</summary>
    /// <returns>The new revision.</returns>
    /// <exception cref="RefusedException">The labeller was not given the task, the task has changed in the meantime, or the judgement is malformed.</exception>
    internal Task<long> Save(string labeller, string task, JudgementSave save, CancellationToken stopping = default) => Write(async sql =>
    {
        var stored = await sql.First(AssignmentOf, $"{AssignmentQuery} AND j.task = @task", ("labeller", labeller), ("task", task)).ConfigureAwait(false)
            ?? throw new RefusedException(404, "This task is not yours. Load the page again.");
        if (stored.Submission == save.Submission)
            return stored.Revision; // sent again, because the answer to the first was lost
        if (stored.Revision != save.Revision || stored.State is JudgementState.Done or JudgementState.Skipped)
            throw new RefusedException(409, "This task was changed in another window. The page shows what is stored.");
        var count = stored.Task.Answers.Count;
        if (save.Judgement.Fault(count) is { } fault)
            throw new RefusedException(400, fault);
        if (save.State is JudgementState.Done && save.Judgement.Ranks.Count(r => r is not null) < 2)
            throw new RefusedException(400, "One answer cannot be ranked: rank at least two, or skip the task.");
        await sql.Run("UPDATE nonet_judgements SET revision = revision + 1, state = @state, submission = @submission, content = @content, saved = @saved "
            + "WHERE task = @task AND labeller = @labeller", ("state", save.State.ToString()), ("submission", save.Submission),
            ("content", Json(save.Judgement.WithDenseRanks())), ("saved", Now), ("task", task), ("labeller", labeller)).ConfigureAwait(false);
        return stored.Revision + 1;
    }, stopping);

    /// <summary>Reopens the task that the labeller submitted or skipped last.</summary>
    /// <param name="labeller">Id of the labeller.</param>
    /// <param name="submission">Id that the browser generated: if the same request is sent twice, it reopens one task.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <returns>The task; null if there is no earlier one.</returns>
    internal Task<Assignment?> Reopen(string labeller, string submission, CancellationToken stopping = default) => Write(async sql =>
    {
        if (await sql.First(AssignmentOf, $"{AssignmentQuery} AND j.submission = @submission", ("labeller", labeller), ("submission", submission))
            .ConfigureAwait(false) is { } opened)
            return opened;
        var changed = await sql.Run("UPDATE nonet_judgements SET revision = revision + 1, state = 'Draft', submission = @submission, saved = @saved "
            + "WHERE labeller = @labeller AND task = (SELECT task FROM nonet_judgements WHERE labeller = @labeller AND state IN ('Done', 'Skipped') "
            + "ORDER BY saved DESC, revision DESC LIMIT 1)", ("submission", submission), ("saved", Now), ("labeller", labeller)).ConfigureAwait(false);
        return changed == 0 ? null : await Begun(sql, labeller).ConfigureAwait(false);
    }, stopping);

    /// <summary>Number of tasks that a labeller submitted.</summary>
    internal async Task<int> DoneBy(string labeller, CancellationToken stopping = default) =>
        (await Counts(stopping).ConfigureAwait(false)).Where(c => c.Labeller == labeller && c.State is JudgementState.Done).Sum(c => c.Count);

    /// <summary>The task that a labeller opened or saved last and has not submitted.</summary>
    static Task<Assignment?> Begun(Sql sql, string labeller) => sql.First(AssignmentOf,
        $"{AssignmentQuery} AND j.state IN ('Open', 'Draft') ORDER BY j.saved DESC, j.revision DESC LIMIT 1", ("labeller", labeller));

    async Task InsertJudgement(Sql sql, string task, string labeller, JudgementState state, Judgement judgement) => await sql.Run(
        "INSERT INTO nonet_judgements (task, labeller, revision, state, submission, content, saved) "
        + "VALUES (@task, @labeller, 0, @state, '', @content, @saved)", ("task", task), ("labeller", labeller), ("state", state.ToString()),
        ("content", Json(judgement)), ("saved", Now)).ConfigureAwait(false);

    static Assignment AssignmentOf(DbDataReader row) =>
        new(TaskOf(row.GetString(0)), JudgementOf(row.GetString(1)), StateOf(row.GetString(2)), row.GetInt64(3), row.GetString(4));
}
