using Nonet.Server.Ranking;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Tests.Ranking;

public class StoreTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds => StoreUnderTest.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_task_is_stored_once_whatever_the_order_of_its_answers(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        var task = StoreUnderTest.Task("p");
        Assert.True(await test.Store.Add(task, sampled: false, Stopping));
        Assert.False(await test.Store.Add(task, sampled: true, Stopping));
        Assert.False(await test.Store.Add(RankingTask.Of("p", [.. task.Answers.Reverse()]), sampled: false, Stopping));
        Assert.True(await test.Store.Add(StoreUnderTest.Task("p\0 <script>alert(1)</script> ü 😀"), sampled: false, Stopping));
        var stored = await test.Store.Tasks(Stopping);
        Assert.Equal(["p", "p\0 <script>alert(1)</script> ü 😀"], stored.Select(t => t.Prompt));
        Assert.Equal(task.Answers, stored[0].Answers);
        Assert.True(await test.Store.HasSampled("p", Stopping));
        Assert.False(await test.Store.HasSampled("q", Stopping));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Tasks_with_the_fewest_rankings_come_first_up_to_the_overlap(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        foreach (var prompt in new[] { "a", "b" })
            await test.Store.Add(StoreUnderTest.Task(prompt), sampled: false, Stopping);
        string[] people = [await test.Invited("1"), await test.Invited("2"), await test.Invited("3")];
        Assert.Equal("a", await Next(test, people[0], 2));
        Assert.Equal("a", await Next(test, people[0], 2)); // the same until it is submitted
        Assert.Equal("b", await Next(test, people[1], 2)); // a is open elsewhere
        await Submit(test, people[0]);
        await Submit(test, people[1]);
        Assert.Equal("b", await Next(test, people[0], 2));
        Assert.Equal("a", await Next(test, people[1], 2));
        await Submit(test, people[0]);
        Assert.Null(await Next(test, people[0], 2)); // has ranked both
        Assert.Null(await Next(test, people[2], 2)); // b has two rankings, a has one and one open
        test.Clock.Now += RankingStore.OpenFor + TimeSpan.FromMinutes(1);
        Assert.Equal("a", await Next(test, people[2], 2)); // given up
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_save_that_comes_twice_is_stored_once_and_an_outdated_one_is_refused(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        var (anna, task) = (await test.Invited("anna"), StoreUnderTest.Task("p"));
        await test.Store.Add(task, sampled: false, Stopping);
        await Assert.ThrowsAsync<RefusedException>(() => test.Store.Save(anna, task.Id, Save("before-it-was-given", 0), Stopping));
        await test.Store.Next(anna, 1, Stopping);
        Assert.Equal(1, await test.Store.Save(anna, task.Id, Save("first", 0, JudgementState.Draft), Stopping));
        Assert.Equal(1, await test.Store.Save(anna, task.Id, Save("first", 0, JudgementState.Draft), Stopping));
        Assert.Equal(409, (await Assert.ThrowsAsync<RefusedException>(() => test.Store.Save(anna, task.Id, Save("other window", 0), Stopping))).Status);
        Assert.Equal(2, await test.Store.Save(anna, task.Id, Save("second", 1), Stopping));
        Assert.Equal(2, await test.Store.Save(anna, task.Id, Save("second", 1), Stopping));
        Assert.Equal(409,
            (await Assert.ThrowsAsync<RefusedException>(() => test.Store.Save(anna, task.Id, Save("late", 2, JudgementState.Draft), Stopping))).Status);
        var stored = Assert.Single(await test.Store.Judgements(stopping: Stopping));
        Assert.Equal([2, 1, null, 1], stored.Judgement.Ranks); // 4, 2, null, 2 without gaps
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task One_answer_is_not_ranked_and_values_out_of_range_are_refused(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        var (anna, task) = (await test.Invited("anna"), StoreUnderTest.Task("p"));
        await test.Store.Add(task, sampled: false, Stopping);
        await test.Store.Next(anna, 1, Stopping);
        foreach (var (wrong, says) in new[]
        {
            (StoreUnderTest.Ranked(1, null, null, null), "rank at least two"), (StoreUnderTest.Ranked(1, 2, 3), "expected 4 of each"),
            (StoreUnderTest.Ranked(1, 2, 3, 5), "the rank 5"), (StoreUnderTest.Ranked(1, 2, 3, 0), "the rank 0"),
            (StoreUnderTest.Ranked(1, 2, 3, 4) with { Scores = [8, 1, 1, 1] }, "the score 8"),
            (StoreUnderTest.Ranked(1, 2, 3, 4) with { Flags = [["rude"], [], [], []] }, "the flag 'rude'"),
        })
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() =>
                test.Store.Save(anna, task.Id, new JudgementSave("a", 0, JudgementState.Done, wrong), Stopping));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        }
        Assert.Empty(await test.Store.Judgements(stopping: Stopping));
        Assert.Equal(1,
            await test.Store.Save(anna, task.Id, new JudgementSave("all tied", 0, JudgementState.Done, StoreUnderTest.Ranked(1, 1, 1, 1)), Stopping));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task The_task_before_opens_again_once_for_a_request_that_comes_twice(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        foreach (var prompt in new[] { "a", "b" })
            await test.Store.Add(StoreUnderTest.Task(prompt), sampled: false, Stopping);
        var anna = await test.Invited("anna");
        Assert.Null(await test.Store.Reopen(anna, "none", Stopping));
        await Next(test, anna, 1);
        await Submit(test, anna);
        await Next(test, anna, 1);
        await Submit(test, anna);
        Assert.Equal("b", (await test.Store.Reopen(anna, "once", Stopping))!.Task.Prompt);
        Assert.Equal("b", (await test.Store.Reopen(anna, "once", Stopping))!.Task.Prompt);
        Assert.Equal("a", Assert.Single(await test.Store.Judgements(stopping: Stopping)).Task.Prompt);
        Assert.Equal("b", await Next(test, anna, 1));
        await Submit(test, anna);
        Assert.Equal(2, (await test.Store.Judgements(stopping: Stopping)).Count);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Many_at_once_get_each_task_no_more_often_than_asked(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        for (var i = 0; i < 10; i++)
            await test.Store.Add(StoreUnderTest.Task($"prompt {i}"), sampled: false, Stopping);
        string[] people = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => test.Invited($"labeller {i}")));
        var given = await Task.WhenAll(people.Select(p => Task.Run(() => Next(test, p, 2))));
        Assert.All(given.GroupBy(g => g), g => Assert.Equal(2, g.Count()));
        Assert.Equal(10, given.Distinct().Count());
    }

    [Fact]
    public async Task A_store_of_a_newer_program_and_a_file_of_another_kind_are_refused()
    {
        using var folder = new TemporaryFolder();
        await using (await RankingStore.OpenAsync(folder["new.db"], stopping: Stopping))
        {
        }
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder["new.db"]};Pooling=false"))
        {
            await connection.OpenAsync(Stopping);
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE nonet_schema SET version = 99";
            await command.ExecuteNonQueryAsync(Stopping);
        }
        Assert.Contains("layout 99",
            (await Assert.ThrowsAsync<InvalidDataException>(() => RankingStore.OpenAsync(folder["new.db"], stopping: Stopping))).Message,
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["text.db"], new string('x', 5000), Stopping);
        Assert.Contains("text.db", (await Assert.ThrowsAsync<IOException>(() => RankingStore.OpenAsync(folder["text.db"], stopping: Stopping))).Message,
            StringComparison.Ordinal);
        Assert.Contains("no/folder",
            (await Assert.ThrowsAsync<IOException>(() => RankingStore.OpenAsync(folder["no/folder/x.db"], stopping: Stopping))).Message,
            StringComparison.Ordinal);
        var unreachable = await Assert.ThrowsAsync<IOException>(() =>
            RankingStore.OpenAsync("Host=127.0.0.1;Port=1;Database=d;Username=u;Password=secret;Timeout=2", stopping: Stopping));
        Assert.Contains("127.0.0.1:1", unreachable.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", unreachable.Message, StringComparison.Ordinal);
    }

    static JudgementSave Save(string submission, long revision, JudgementState state = JudgementState.Done) =>
        new(submission, revision, state, StoreUnderTest.Ranked(4, 2, null, 2));

    static async Task<string?> Next(StoreUnderTest test, string person, int overlap) => (await test.Store.Next(person, overlap, Stopping))?.Task.Prompt;

    static async Task Submit(StoreUnderTest test, string person)
    {
        var given = (await test.Store.Next(person, 100, Stopping))!;
        await test.Store.Save(person, given.Task.Id, Save(Guid.NewGuid().ToString(), given.Revision), Stopping);
    }
}
