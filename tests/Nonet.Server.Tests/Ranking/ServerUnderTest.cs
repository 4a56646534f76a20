using Nonet.Data.Preferences;
using Nonet.Server.Ranking;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Tests.Ranking;

/// <summary>A server with two prompts, one of them with scripts in it and in its answers.</summary>
sealed class ServerUnderTest : IAsyncDisposable
{
    public const string Script = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">";

    public required RankingStore Store { get; init; }
    public required RankingServer Server { get; init; }
    public required List<string> Log { get; init; }
    public required TemporaryFolder Folder { get; init; }

    public static async Task<ServerUnderTest> Start(Func<RankingServerOptions, RankingServerOptions>? change = null)
    {
        var (folder, log, stopping) = (new TemporaryFolder(), new List<string>(), TestContext.Current.CancellationToken);
        var store = await RankingStore.OpenAsync(folder["rankings.db"], stopping: stopping);
        var options = new RankingServerOptions
        {
            Prompts = [new Candidates("first", ["a", "b", "c", "d"]), new Candidates(Script, ["", Script, "a", "b"])],
            Port = 0,
            Log = message =>
            {
                lock (log)
                    log.Add(message);
            },
        };
        options = change?.Invoke(options) ?? options;
        var server = await RankingServer.StartAsync(store, options, stopping);
        await Eventually.Holds(async () => (await store.Tasks(stopping)).Count >= options.Prompts.Count);
        return new ServerUnderTest { Store = store, Server = server, Log = log, Folder = folder };
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Store.DisposeAsync();
        Folder.Dispose();
    }
}
