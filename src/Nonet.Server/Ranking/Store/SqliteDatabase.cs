using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Nonet.Server.Ranking.Store;

/// <summary>A SQLite file. Write-ahead logging lets readers work beside a writer; every commit is flushed to the disk.</summary>
sealed class SqliteDatabase(string path) : IRankingDatabase
{
    readonly string connection = new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(path), DefaultTimeout = 20, ForeignKeys = true }.ToString();
    bool opened;

    public string Place => path;

    public async Task<DbConnection> Open(CancellationToken stopping)
    {
        // A pooled connection would go on writing to a file that was deleted.
        if (opened && !File.Exists(path))
            throw new IOException($"{path}: the file of the rankings has been moved or deleted; put it back, or start again");
        var open = new SqliteConnection(connection);
        try
        {
            await open.OpenAsync(stopping).ConfigureAwait(false);
            await using var command = open.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";
            await command.ExecuteNonQueryAsync(stopping).ConfigureAwait(false);
            opened = true;
            return open;
        }
        catch (SqliteException e)
        {
            await open.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"{path}: cannot be opened as a SQLite file of rankings ({e.Message})", e);
        }
    }

    /// <summary>BEGIN IMMEDIATE: the one writer that SQLite allows.</summary>
    public async Task<DbTransaction> Begin(DbConnection connection, CancellationToken stopping) =>
        await connection.BeginTransactionAsync(IsolationLevel.Serializable, stopping).ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        using var any = new SqliteConnection(connection);
        SqliteConnection.ClearPool(any);
        return ValueTask.CompletedTask;
    }
}
