using Nonet.Server.Ranking;
using Nonet.Server.Ranking.Store;
using Npgsql;

namespace Nonet.Server.Tests.Ranking;

/// <summary>A clock that a test sets.</summary>
sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now = Now.AddMilliseconds(1);
}

/// <summary>An empty store of each kind. PostgreSQL where a variable has the connection string of a server.</summary>
sealed class StoreUnderTest : IAsyncDisposable
{
    const string Variable = "NONET_TEST_POSTGRES";

    public static TheoryData<string> Kinds => ["SQLite", "PostgreSQL"];

    public required RankingStore Store { get; init; }
    public required string Place { get; init; }
    public required TemporaryFolder Folder { get; init; }
    public required TestClock Clock { get; init; }

    public static async Task<StoreUnderTest> Open(string kind)
    {
        var folder = new TemporaryFolder();
        var clock = new TestClock();
        var place = kind == "SQLite" ? folder["rankings.db"] : await Schema();
        return new StoreUnderTest { Store = await RankingStore.OpenAsync(place, clock), Place = place, Folder = folder, Clock = clock };
    }

    public static RankingTask Task(string prompt, int answers = 4) =>
        RankingTask.Of(prompt, [.. Enumerable.Range(0, answers).Select(i => new RankedAnswer($"{prompt}, answer {i}", "model"))]);

    public static Judgement Ranked(params int?[] ranks) => Judgement.Empty(ranks.Length) with { Ranks = ranks };

    public async Task<string> Invited(string name) => (await Store.Invite(name, TimeSpan.FromDays(1))).Id;

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Folder.Dispose();
    }

    /// <summary>A schema of its own in the database.</summary>
    static async Task<string> Schema()
    {
        var connection = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(connection), $"{Variable} has no connection string of a PostgreSQL server");
        var name = $"test_{Guid.NewGuid():N}";
        await using var source = NpgsqlDataSource.Create(connection!);
        await using var create = source.CreateCommand($"CREATE SCHEMA {name}");
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(connection) { SearchPath = name }.ToString();
    }
}
