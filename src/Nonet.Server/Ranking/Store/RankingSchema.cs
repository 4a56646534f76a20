namespace Nonet.Server.Ranking.Store;

/// <summary>Tables of a store. Times are milliseconds since 1970 in UTC; contents are JSON.</summary>
static class RankingSchema
{
    public const long Version = 1;

    /// <summary>Statements that update each version to the next.</summary>
    static readonly string[][] steps =
    [
        [
            "CREATE TABLE nonet_tasks (id TEXT PRIMARY KEY, sampled TEXT UNIQUE, position BIGINT NOT NULL, answers BIGINT NOT NULL, content TEXT NOT NULL)",
            "CREATE TABLE nonet_labellers (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, token TEXT UNIQUE, expires BIGINT NOT NULL, "
            + "revoked BIGINT NOT NULL DEFAULT 0, browser TEXT UNIQUE)",
            "CREATE TABLE nonet_judgements (task TEXT NOT NULL REFERENCES nonet_tasks (id), labeller TEXT NOT NULL REFERENCES nonet_labellers (id), "
            + "revision BIGINT NOT NULL, state TEXT NOT NULL, submission TEXT NOT NULL, content TEXT NOT NULL, saved BIGINT NOT NULL, "
            + "PRIMARY KEY (task, labeller))",
            "CREATE INDEX nonet_judgements_by_labeller ON nonet_judgements (labeller, state, saved)",
        ],
    ];

    /// <summary>Updates the tables to the version of this program.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote the tables.</exception>
    public static async Task Update(Sql sql, string place)
    {
        await sql.Run("CREATE TABLE IF NOT EXISTS nonet_schema (version BIGINT NOT NULL)").ConfigureAwait(false);
        var versions = await sql.Rows(row => row.GetInt64(0), "SELECT version FROM nonet_schema").ConfigureAwait(false);
        var found = versions.Count == 0 ? 0 : versions.Max();
        if (found > Version)
            throw new InvalidDataException($"{place}: found rankings in layout {found}; expected layout {Version} or older: a newer nonet wrote them");
        for (var version = found; version < Version; version++)
        {
            foreach (var statement in steps[version])
                await sql.Run(statement).ConfigureAwait(false);
        }
        if (found < Version)
        {
            await sql.Run("DELETE FROM nonet_schema").ConfigureAwait(false);
            await sql.Run("INSERT INTO nonet_schema (version) VALUES (@version)", ("version", Version)).ConfigureAwait(false);
        }
    }
}
