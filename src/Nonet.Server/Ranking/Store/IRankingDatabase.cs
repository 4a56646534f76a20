using System.Data.Common;

namespace Nonet.Server.Ranking.Store;

/// <summary>A database that holds rankings. The SQL of <see cref="RankingStore"/> runs on all of them.</summary>
interface IRankingDatabase : IAsyncDisposable
{
    /// <summary>Location of the database for messages, without a password.</summary>
    string Place { get; }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="IOException">The database cannot be reached.</exception>
    Task<DbConnection> Open(CancellationToken stopping);

    /// <summary>Begins a transaction that excludes other writers of rankings until it ends.</summary>
    Task<DbTransaction> Begin(DbConnection connection, CancellationToken stopping);
}
