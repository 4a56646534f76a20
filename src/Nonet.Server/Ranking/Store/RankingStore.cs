using System.Data.Common;
using System.Text.Json;

namespace Nonet.Server.Ranking.Store;

/// <summary>
/// Tasks, labellers and their judgements, in SQLite or PostgreSQL. Each save is one transaction, and a save that arrives twice is stored once.
/// </summary>
public sealed partial class RankingStore : IAsyncDisposable
{
    /// <summary>How long a task that a labeller has opened is reserved.</summary>
    internal static readonly TimeSpan OpenFor = TimeSpan.FromMinutes(30);

    const string LabellerColumns = "id, name, expires, revoked, token, browser";

    readonly IRankingDatabase database;
    readonly TimeProvider time;

    RankingStore(IRankingDatabase database, TimeProvider time) => (this.database, this.time) = (database, time);

    /// <summary>Location of the rankings for messages, without a password.</summary>
    public string Place => database.Place;

    /// <summary>Opens a store, and creates it if it does not exist.</summary>
    /// <param name="place">Path of a SQLite file, or a connection string of PostgreSQL (Host=...;Database=...).</param>
    /// <param name="time">Clock; null: the system's.</param>
    /// <param name="stopping">Cancels the work.</param>
    /// <exception cref="IOException">The database cannot be opened or reached.</exception>
    public static async Task<RankingStore> OpenAsync(string place, TimeProvider? time = null, CancellationToken stopping = default)
    {
        IRankingDatabase database = PostgresDatabase.Is(place) ? new PostgresDatabase(place) : new SqliteDatabase(place);
        var store = new RankingStore(database, time ?? TimeProvider.System);
        try
        {
            await store.Write(async sql =>
            {
                await RankingSchema.Update(sql, database.Place).ConfigureAwait(false);
                return true;
            }, stopping).ConfigureAwait(false);
            return store;
        }
        catch (DbException e)
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"{database.Place}: cannot be used for rankings ({e.Message})", e);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether there may be rankings at a location: a file that exists, or a database, which can be checked only by connecting to it.</summary>
    public static bool Exists(string place) => PostgresDatabase.Is(place) || File.Exists(place);

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    internal long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Adds a task. Returns false if it is stored already.</summary>
    internal Task<bool> Add(RankingTask task, bool sampled, CancellationToken stopping = default) => Write(async sql =>
    {
        var added = await Insert(sql, task).ConfigureAwait(false);
        if (sampled)
            await sql.Run("UPDATE nonet_tasks SET sampled = @sampled WHERE id = @id AND NOT EXISTS (SELECT 1 FROM nonet_tasks WHERE sampled = @sampled)",
                ("sampled", RankingTask.SampledId(task.Prompt)), ("id", task.Id)).ConfigureAwait(false);
        return added;
    }, stopping);

    /// <summary>Whether the answers to a prompt were sampled.</summary>
    internal Task<bool> HasSampled(string prompt, CancellationToken stopping = default) => Read(async sql =>
        (await sql.Rows(row => row.GetString(0), "SELECT id FROM nonet_tasks WHERE sampled = @sampled", ("sampled", RankingTask.SampledId(prompt)))
            .ConfigureAwait(false)).Count > 0, stopping);

    /// <summary>All tasks, in order.</summary>
    internal Task<List<RankingTask>> Tasks(CancellationToken stopping = default) =>
        Read(sql => sql.Rows(row => TaskOf(row.GetString(0)), "SELECT content FROM nonet_tasks ORDER BY position, id"), stopping);

    /// <summary>All labellers, by name.</summary>
    internal Task<List<Labeller>> Labellers(CancellationToken stopping = default) =>
        Read(sql => sql.Rows(LabellerOf, $"SELECT {LabellerColumns} FROM nonet_labellers ORDER BY name"), stopping);

    /// <summary>Submitted judgements, those of a labeller or all, in the order of the tasks.</summary>
    internal Task<List<StoredJudgement>> Judgements(string? labeller = null, CancellationToken stopping = default) => Read(sql => sql.Rows(
        row => new StoredJudgement(TaskOf(row.GetString(0)), row.GetString(1), JudgementOf(row.GetString(2))),
        "SELECT t.content, l.name, j.content FROM nonet_judgements j JOIN nonet_tasks t ON t.id = j.task JOIN nonet_labellers l ON l.id = j.labeller "
        + $"WHERE j.state = 'Done'{(labeller is null ? "" : " AND l.name = @labeller")} ORDER BY t.position, t.id, l.name",
        labeller is null ? [] : [("labeller", labeller)]), stopping);

    /// <summary>Number of judgements by labeller's id and state.</summary>
    internal Task<List<(string Labeller, JudgementState State, int Count)>> Counts(CancellationToken stopping = default) => Read(sql => sql.Rows(
        row => (row.GetString(0), StateOf(row.GetString(1)), checked((int)row.GetInt64(2))),
        "SELECT labeller, state, COUNT(*) FROM nonet_judgements GROUP BY labeller, state"), stopping);

    async Task<T> Read<T>(Func<Sql, Task<T>> work, CancellationToken stopping)
    {
        await using var connection = await database.Open(stopping).ConfigureAwait(false);
        return await work(new Sql(connection, null, stopping)).ConfigureAwait(false);
    }

    /// <summary>Runs work in a transaction without other writers.</summary>
    async Task<T> Write<T>(Func<Sql, Task<T>> work, CancellationToken stopping)
    {
        await using var connection = await database.Open(stopping).ConfigureAwait(false);
        await using var transaction = await database.Begin(connection, stopping).ConfigureAwait(false);
        var result = await work(new Sql(connection, transaction, stopping)).ConfigureAwait(false);
        await transaction.CommitAsync(stopping).ConfigureAwait(false);
        return result;
    }

    static async Task<bool> Insert(Sql sql, RankingTask task) => await sql.Run(
        "INSERT INTO nonet_tasks (id, position, answers, content) VALUES (@id, (SELECT COALESCE(MAX(position), 0) + 1 FROM nonet_tasks), @answers, @content) "
        + "ON CONFLICT (id) DO NOTHING", ("id", task.Id), ("answers", (long)task.Answers.Count), ("content", Json(task))).ConfigureAwait(false) > 0;

    static string Json(RankingTask task) => JsonSerializer.Serialize(task, RankingJson.Default.RankingTask);

    static string Json(Judgement judgement) => JsonSerializer.Serialize(judgement, RankingJson.Default.Judgement);

    static RankingTask TaskOf(string json) => JsonSerializer.Deserialize(json, RankingJson.Default.RankingTask)!;

    static Judgement JudgementOf(string json) => JsonSerializer.Deserialize(json, RankingJson.Default.Judgement)!;

    static JudgementState StateOf(string name) => Enum.Parse<JudgementState>(name);

    static Labeller LabellerOf(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3) != 0, !row.IsDBNull(4),
        row.IsDBNull(5) ? null : row.GetString(5));
}
