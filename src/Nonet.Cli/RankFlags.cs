using System.CommandLine;
using Nonet.Server.Ranking.Store;

namespace Nonet.Cli;

/// <summary>Options of the verbs of rank.</summary>
static class RankFlags
{
    public static Option<string> MakeStore() =>
        new("--store")
        {
            Description = "Where the rankings are kept: a SQLite file, or a connection string of PostgreSQL such as \"Host=localhost;Database=rankings\".",
            HelpName = "PLACE",
            DefaultValueFactory = _ => "rankings.db",
        };

    /// <summary>Opens an existing store. It creates no file if there is none.</summary>
    public static async Task<RankingStore> OpenExisting(string place, CancellationToken stopping) => RankingStore.Exists(place)
        ? await RankingStore.OpenAsync(place, stopping: stopping)
        : throw new FileNotFoundException($"{place}: found no rankings; expected a file that nonet rank serve or nonet rank import wrote");
}
