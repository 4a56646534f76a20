namespace Nonet.Cli.Tests;

/// <summary>tools index, tools search, tools annotate.</summary>
public sealed class ToolsVerbTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_index_is_made_and_searched()
    {
        folder.Add("a.jsonl", """
            {"title": "Moby-Dick", "text": "A novel about a white whale."}
            {"title": "Emma", "text": "A novel about a match-maker."}
            """);
        var made = (await Program.Run("tools", "index", folder["a.jsonl"], "--out", folder["index"], "--json")).Json;
        Assert.Equal((2, 10), (made.GetProperty("passages").GetInt32(), made.GetProperty("terms").GetInt32()));
        var found = (await Program.Run("tools", "search", folder["index"], "whale novel", "--json")).Json.GetProperty("passages");
        Assert.Equal(["Moby-Dick", "Emma"], found.EnumerateArray().Select(p => p.GetProperty("title").GetString()));
        var shown = await Program.Run("tools", "search", folder["index"], "whale", "--top", "1");
        Assert.Contains("Moby-Dick > A novel about a white whale.", shown.Out, StringComparison.Ordinal);
        Assert.Contains("no passage", (await Program.Run("tools", "search", folder["index"], "zebra")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_or_there_already_is_said()
    {
        (await Program.Run("tools", "index", folder["none.txt"], "--out", folder["index"])).AssertRefused(1, "none.txt");
        (await Program.Run("tools", "search", folder["index"], "whale")).AssertRefused(1, "index.json", Invocation.Of("nonet tools index"));
        folder.Add("a.txt", "A whale.");
        Assert.Equal(0, (await Program.Run("tools", "index", folder["a.txt"], "--out", folder["index"])).ExitCode);
        (await Program.Run("tools", "index", folder["a.txt"], "--out", folder["index"])).AssertRefused(1, "exists already");
        folder.Add("index/postings.bin", "x");
        (await Program.Run("tools", "search", folder["index"], "whale")).AssertRefused(1, "postings.bin");
        (await Program.Run("tools")).AssertRefused(2, "index, search");
    }

    [Fact]
    public async Task Texts_are_annotated_and_the_report_says_what_held_calls_back()
    {
        using var run = new TinyRun();
        folder.Add("empty.txt", "");
        folder.Add("t.jsonl", """
            {"text": "2 + 2 = 4"}
            {"text": "It was dark."}
            """);
        folder.Add("a.yaml", $"""
            model: {run.Folder}
            data: {"{path: " + folder["t.jsonl"] + "}"}
            tools: [{"{kind: calculator, prompt: " + folder["empty.txt"] + ", positions: 2, calls: 2}"}]
            sampling: {"{call_tokens: 4}"}
            """);
        var shown = await Program.Run("tools", "annotate", folder["a.yaml"], "--out", folder["a"], "--threads", "1");
        Assert.Equal(0, shown.ExitCode);
        Assert.Matches(@"texts +2\n", shown.Out);
        Assert.Matches(@"chosen for the tool +1\n", shown.Out);
        Assert.Contains("Calculator: None of 4 samples closed within 4 tokens", shown.Out, StringComparison.Ordinal);
        Assert.Contains("texts.jsonl", shown.Out, StringComparison.Ordinal);
        (await Program.Run("tools", "annotate", folder["a.yaml"], "--out", folder["a"])).AssertRefused(1, "annotate.yaml of another annotation");
        var again = await Program.Run("tools", "annotate", folder["a/annotate.yaml"], "--resume", "--set", "tools.0.threshold=3", "--json");
        Assert.Equal(3, again.Json.GetProperty("tools")[0].GetProperty("threshold").GetDouble());
        Assert.Equal("closed", again.Json.GetProperty("tools")[0].GetProperty("blocked").GetString());
        (await Program.Run("tools", "annotate", folder["a.yaml"], "--set", "tools.0.positions=0")).AssertRefused(1, "tools.0.positions");
        (await Program.Run("tools", "annotate", folder["none.yaml"])).AssertRefused(1, "none.yaml");
    }
}
