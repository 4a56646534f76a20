using Nonet.Data.Preferences;
using Nonet.Files;
using Nonet.Server.Ranking;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Tests.Ranking;

public class RankingFileTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds => StoreUnderTest.Kinds;

    [Theory, MemberData(nameof(Kinds))]
    public async Task What_is_exported_is_there_already_when_it_is_imported_and_the_same_elsewhere(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        await using var other = await StoreUnderTest.Open(kind);
        await Submit(test, "anna", StoreUnderTest.Task("p"), StoreUnderTest.Ranked(2, 1, 2, null) with
        {
            Scores = [3, 7, null, 1],
            Flags = [[], ["hallucination", "sexual"], [], []],
        });
        await Submit(test, "ben", StoreUnderTest.Task("p"), StoreUnderTest.Ranked(1, 1, 1, 1));
        var file = test.Folder["rankings.jsonl"];
        Assert.Equal(2, (await test.Store.ExportAsync(file, new(), Stopping)).Lines);
        Assert.Equal((0, 2), Counts(await test.Store.ImportAsync(new RankingOptions { Path = file }, stopping: Stopping)));
        Assert.Equal((2, 0), Counts(await other.Store.ImportAsync(new RankingOptions { Path = file }, stopping: Stopping)));
        await other.Store.ExportAsync(other.Folder["again.jsonl"], new(), Stopping);
        Assert.Equal(await File.ReadAllTextAsync(file, Stopping), await File.ReadAllTextAsync(other.Folder["again.jsonl"], Stopping));
        Assert.Equal(1, (await test.Store.ExportAsync(file, new() { Labeller = "ben" }, Stopping)).Lines);
        Assert.Contains("anna, ben",
            (await Assert.ThrowsAsync<ArgumentException>(() => test.Store.ExportAsync(file, new() { Labeller = "eve" }, Stopping))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pairs_and_dialogues_are_read_by_the_reader_of_reward_models()
    {
        await using var test = await StoreUnderTest.Open("SQLite");
        await Submit(test, "anna", Of("Why?", "yes", "no", ""), StoreUnderTest.Ranked(1, 2, 3));
        await Submit(test, "ben", Of("Why?", "yes", "no", ""), StoreUnderTest.Ranked(1, 3, 2));
        await Submit(test, "cleo", Of("Why?", "yes", "no", ""), StoreUnderTest.Ranked(1, 2, null));
        var file = test.Folder["out.jsonl"];
        Assert.Equal(7, (await test.Store.ExportAsync(file, new() { Layout = RankingLayout.Pairs }, Stopping)).Lines);
        var merged = await test.Store.ExportAsync(file, new() { Layout = RankingLayout.Pairs, Merged = true }, Stopping);
        Assert.Equal(2, merged.Lines); // yes is better than no by 3 votes, than "" by 2; no and "" have a vote each
        Assert.Contains(merged.Warnings, w => w.Contains("1 pair of answers because equally many lines prefer either one", StringComparison.Ordinal));
        var read = Assert.Single(Rankings.Read(new RankingOptions { Path = file }).Items);
        Assert.Equal(("Why?", 2), (read.Prompt, read.Pairs.Count));
        await test.Store.ExportAsync(file, new() { Layout = RankingLayout.HhRlhf, Merged = true }, Stopping);
        Assert.Contains("{\"chosen\":\"\\n\\nHuman: Why?\\n\\nAssistant: yes\",\"rejected\":\"\\n\\nHuman: Why?\\n\\nAssistant: no\"}",
            await File.ReadAllTextAsync(file, Stopping), StringComparison.Ordinal);
        read = Assert.Single(Rankings.Read(new RankingOptions { Path = file }).Items);
        Assert.Equal("\n\nHuman: Why?\n\nAssistant:", read.Prompt);
        Assert.Equal([" ", " no", " yes"], read.Answers.Order(StringComparer.Ordinal));
        await test.Store.ExportAsync(file, new() { Merged = true }, Stopping);
        Assert.Equal(2, Assert.Single(Rankings.Read(new RankingOptions { Path = file }).Items).Pairs.Count);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Contradictory_duplicates_of_unknown_people_are_two_votes_and_those_of_one_person_are_left_out(string kind)
    {
        await using var test = await StoreUnderTest.Open(kind);
        const string there = "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\"}", back = "{\"prompt\":\"p\",\"chosen\":\"b\",\"rejected\":\"a\"}";
        var file = test.Folder.Add("pairs.jsonl", $"{there}\n{there}\n{back}\n{{\"prompt\":\"p\",\"answers\":[\"a\"],\"ranks\":[1]}}\n"
            + "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"a\"}\n{\"prompt\":\"q\",\"answers\":[\"a\",\"b\",\"c\"],\"pairs\":[[0,1],[1,2],[2,0]]}\n");
        var read = await test.Store.ImportAsync(new RankingOptions { Path = file }, stopping: Stopping);
        Assert.Equal((3, 1, 2), (read.Added, read.Known, read.WithoutComparison));
        Assert.Equal((0, 4), Counts(await test.Store.ImportAsync(new RankingOptions { Path = file }, stopping: Stopping)));
        Assert.Equal(["imported", "imported 2"], (await test.Store.Labellers(Stopping)).Select(l => l.Name));
        var written = await test.Store.ExportAsync(test.Folder["out.jsonl"], new() { Merged = true }, Stopping);
        Assert.Contains(written.Warnings, w => w.Contains("both ways", StringComparison.Ordinal));
        Assert.Equal(3, Assert.Single(Rankings.Read(new RankingOptions { Path = test.Folder["out.jsonl"] }).Items).Pairs.Count); // the circle of q
        read = await test.Store.ImportAsync(new RankingOptions { Path = file }, "anna", Stopping);
        Assert.Equal((2, 1, 1), (read.Added, read.Known, read.Contradicted.Count));
        Assert.Equal("line 3", read.Contradicted[0]);
    }

    [Theory]
    [InlineData("{\"prompt\":\"p\"}", "line 2")]
    [InlineData("{\"prompt\":\"p\",\"answers\":[\"a\",\"b\"],\"ranks\":[1,0]}", "ranks[1]")]
    [InlineData("{\"prompt\":\"p\",\"answers\":[\"a\",\"b\"],\"ranks\":[1,2],\"scores\":[1,8]}", "scores[1]")]
    [InlineData("{\"prompt\":\"p\",\"answers\":[\"a\",\"b\"],\"ranks\":[1,2],\"flags\":[[],[\"rude\"]]}", "the flag 'rude'")]
    [InlineData("{\"prompt\":\"p\",\"answers\":[\"a\",\"b\"],\"ranks\":[1,2],\"flags\":[[]]}", "1 flags")]
    [InlineData("{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\",\"labeller\":\"an\\u0000na\"}", "line 2 the labeller")]
    public async Task A_malformed_line_is_named_and_nothing_is_added(string line, string says)
    {
        await using var test = await StoreUnderTest.Open("SQLite");
        var file = test.Folder.Add("bad.jsonl", "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\"}\n" + line + "\n");
        var refused = await Assert.ThrowsAsync<MalformedFileException>(() => test.Store.ImportAsync(new RankingOptions { Path = file }, stopping: Stopping));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Empty(await test.Store.Tasks(Stopping));
    }

    static (int Added, int Known) Counts(RankingImport read) => (read.Added, read.Known);

    static RankingTask Of(string prompt, params string[] answers) => RankingTask.Of(prompt, [.. answers.Select(a => new RankedAnswer(a, null))]);

    static async Task Submit(StoreUnderTest test, string name, RankingTask task, Judgement judgement)
    {
        await test.Store.Add(task, sampled: false, Stopping);
        var id = await test.Invited(name);
        await test.Store.Next(id, 100, Stopping);
        await test.Store.Save(id, task.Id, new JudgementSave(Guid.NewGuid().ToString(), 0, JudgementState.Done, judgement), Stopping);
    }
}
