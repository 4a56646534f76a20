using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Npgsql;

namespace Nonet.Server.Ranking.Store;

/// <summary>A PostgreSQL database.</summary>
sealed class PostgresDatabase : IRankingDatabase
{
    const long Lock = 0x6e6f6e65745f726b; // "nonet_rk"

    readonly NpgsqlDataSource source;

    public PostgresDatabase(string connection)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new ArgumentException($"the connection string of PostgreSQL is malformed ({e.Message}); expected one such as "
                + "\"Host=localhost;Database=rankings;Username=me\"", e);
        }
        Place = $"PostgreSQL at {settings.Host}:{settings.Port}, database {settings.Database ?? settings.Username}";
        source = new NpgsqlSlimDataSourceBuilder(connection).EnableTransportSecurity().Build();
    }

    public string Place { get; }

    /// <summary>Whether a location of rankings is a connection string.</summary>
    public static bool Is(string place) => place.Contains("Host=", StringComparison.OrdinalIgnoreCase)
        || place.Contains("Server=", StringComparison.OrdinalIgnoreCase);

    public async Task<DbConnection> Open(CancellationToken stopping)
    {
        try
        {
            return await source.OpenConnectionAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            throw new IOException($"{Place}: cannot be reached ({e.Message})", e);
        }
    }

    public async Task<DbTransaction> Begin(DbConnection connection, CancellationToken stopping)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, stopping).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, $"SELECT pg_advisory_xact_lock({Lock})");
        await command.ExecuteNonQueryAsync(stopping).ConfigureAwait(false);
        return transaction;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
