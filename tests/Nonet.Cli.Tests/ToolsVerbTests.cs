namespace Nonet.Cli.Tests;

/// <summary>tools index, tools search.</summary>
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
        (await Program.Run("tools", "search", folder["index"], "whale")).AssertRefused(1, "index.json", "nonet tools index");
        folder.Add("a.txt", "A whale.");
        Assert.Equal(0, (await Program.Run("tools", "index", folder["a.txt"], "--out", folder["index"])).ExitCode);
        (await Program.Run("tools", "index", folder["a.txt"], "--out", folder["index"])).AssertRefused(1, "exists already");
        folder.Add("index/postings.bin", "x");
        (await Program.Run("tools", "search", folder["index"], "whale")).AssertRefused(1, "postings.bin");
        (await Program.Run("tools")).AssertRefused(2, "index, search");
    }
}
