using System.Diagnostics;
using System.Text.Json;
using Nonet.Text.Chat;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Mcp.Tests;

/// <summary>A real server, over standard input and output and over HTTP, whose tools misbehave.</summary>
public sealed class McpToolsTests : IAsyncLifetime
{
    static readonly string server = Path.Combine(AppContext.BaseDirectory, "Nonet.McpServer.dll");
    static readonly ToolLimits patient = new() { Timeout = Eventually.Limit };
    Process? http;

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        if (http is not null)
        {
            if (!http.HasExited)
                http.Kill();
            http.Dispose();
        }
        return ValueTask.CompletedTask;
    }

    async Task<McpTools> Open(bool overHttp, McpOptions? options = null)
    {
        if (!overHttp)
            return await McpTools.StartAsync("dotnet", [server], options, Stopping);
        http = Process.Start(new ProcessStartInfo("dotnet", [server, "--http"]) { RedirectStandardOutput = true })!;
        var address = await http.StandardOutput.ReadLineAsync(Stopping);
        return await McpTools.ConnectAsync(new Uri(address + "/mcp"), options, Stopping);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Tools_are_listed_and_called(bool overHttp)
    {
        await using var mcp = await Open(overHttp);
        Assert.Equal("misbehaving", mcp.Name);
        var tools = new ToolRunner(mcp.Tools, patient);
        Assert.Equal(["Sum", "big", "control", "die", "echo", "fail", "files_list", "hang", "image", "mark"], tools.Names.Order(StringComparer.Ordinal));
        async Task<ToolResult> Run(string name, string input) => await tools.RunAsync(new ToolCall(name, input), Stopping);
        Assert.Equal("5", (await Run("Sum", """{"a": 2, "b": 3}""")).Text);
        Assert.Equal("said", (await Run("echo", "said")).Text);
        Assert.Equal("one two", (await Run("files_list", "")).Text);
        Assert.Equal("Adds two numbers.", tools.Functions.Single(f => f.Name == "Sum").Description);
        Assert.Equal("7", (await ToolRunner.ForFunctionCalls(mcp.Tools)
            .RunAsync(new ChatToolCall("Sum", JsonElement.Parse("""{"a": 3, "b": 4}""")), Stopping)).Text);
        var wrong = await Run("Sum", "two and three");
        Assert.Equal(ToolOutcome.Failed, wrong.Outcome);
        Assert.Contains("the input of 'Sum': found text that is not JSON", wrong.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Whatever_a_tool_returns_is_contained(bool overHttp)
    {
        await using var mcp = await Open(overHttp);
        var tools = new ToolRunner(mcp.Tools, patient);
        async Task<ToolResult> Run(string name, string input = "") => await tools.RunAsync(new ToolCall(name, input), Stopping);
        var big = await Run("big", "8");
        Assert.Equal((ToolOutcome.Answered, 500, true), (big.Outcome, big.Text.Length, big.IsCut));
        Assert.Equal("(31mred line", (await Run("control")).Text);
        Assert.Equal("3) (Calculator(1) 4)", (await Run("mark")).Text);
        var failed = await Run("fail", "bread");
        Assert.Equal(ToolOutcome.Failed, failed.Outcome);
        Assert.Contains("no bread today", failed.Error, StringComparison.Ordinal);
        var image = await Run("image");
        Assert.Equal((ToolOutcome.Failed, "NotSupportedException: the tool returned content of type image; expected text"), (image.Outcome, image.Error));
        var hanging = new ToolRunner(mcp.Tools, new ToolLimits { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(ToolOutcome.TimedOut, (await hanging.RunAsync(new ToolCall("hang", ""), Stopping)).Outcome);
        Assert.Equal("still there", (await Run("echo", "still there")).Text);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_server_that_dies_in_the_middle_is_reported_and_others_go_on(bool overHttp)
    {
        await using var mcp = await Open(overHttp);
        var tools = new ToolRunner([.. mcp.Tools, new CalculatorTool()], patient);
        var died = await tools.RunAsync(new ToolCall("die", ""), Stopping);
        Assert.Equal(ToolOutcome.Failed, died.Outcome);
        var after = await tools.RunAsync(new ToolCall("echo", "hello"), Stopping);
        Assert.Equal(ToolOutcome.Failed, after.Outcome);
        if (!overHttp)
            Assert.Contains("the MCP server 'misbehaving' has ended. Its standard error ends with: I am dying", after.Error, StringComparison.Ordinal);
        Assert.Equal("35", (await tools.RunAsync(new ToolCall("Calculator", "27 + 4 * 2"), Stopping)).Text);
        Assert.Equal((1, 1, 1), (tools.Counts["die"].Failed, tools.Counts["echo"].Failed, tools.Counts["Calculator"].Answered));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_message_that_is_too_long_is_not_read_on(bool overHttp)
    {
        await using var mcp = await Open(overHttp, new McpOptions { MessageBytes = 2 << 20 });
        var tools = new ToolRunner([.. mcp.Tools, new CalculatorTool()], patient);
        Assert.Equal(ToolOutcome.Answered, (await tools.RunAsync(new ToolCall("big", "1"), Stopping)).Outcome);
        var tooLong = await tools.RunAsync(new ToolCall("big", "3"), Stopping);
        Assert.Equal(ToolOutcome.Failed, tooLong.Outcome);
        Assert.Contains("the MCP server 'misbehaving'", tooLong.Error, StringComparison.Ordinal);
        Assert.Contains("it sent a message of more than 2,097,152 bytes (McpOptions.MessageBytes)", tooLong.Error, StringComparison.Ordinal);
        Assert.Equal("35", (await tools.RunAsync(new ToolCall("Calculator", "27 + 4 * 2"), Stopping)).Text);
        var after = await tools.RunAsync(new ToolCall("echo", "hello"), Stopping);
        Assert.Equal(overHttp ? ToolOutcome.Answered : ToolOutcome.Failed, after.Outcome); // its one stream cannot be read any more
    }

    [Fact]
    public async Task A_line_that_never_ends_is_contained()
    {
        var before = GC.GetTotalAllocatedBytes();
        var endless = await Assert.ThrowsAsync<IOException>(() => McpTools.StartAsync("dotnet", [server, "--endless"], cancellationToken: Stopping));
        Assert.Contains($"MCP server 'dotnet {server} --endless'", endless.Message, StringComparison.Ordinal);
        Assert.Contains("it sent a message of more than 16,777,216 bytes", endless.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 400L << 20); // of 4 GB
        var nothing = new McpOptions { MessageBytes = 0 };
        await Assert.ThrowsAsync<ArgumentException>(() => McpTools.ConnectAsync(new Uri("http://localhost"), nothing, Stopping));
    }

    [Fact]
    public async Task Names_that_clash_are_named_with_their_servers()
    {
        await using var mcp = await Open(overHttp: false);
        var e = Assert.Throws<ArgumentException>(() => new ToolRunner([new FunctionTool("sum", i => i), .. mcp.Tools]));
        Assert.Contains("'sum' (Nonet.ToolUse.Tools.FunctionTool) and 'Sum' (tool 'Sum' of the MCP server 'misbehaving')", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_server_is_named()
    {
        var broken = await Assert.ThrowsAsync<IOException>(() => McpTools.StartAsync("dotnet", [server, "--broken"], cancellationToken: Stopping));
        Assert.Contains($"MCP server 'dotnet {server} --broken'", broken.Message, StringComparison.Ordinal);
        Assert.Contains("no configuration found", broken.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<IOException>(() => McpTools.StartAsync("no-such-program", [], cancellationToken: Stopping));
        Assert.Contains("no-such-program", missing.Message, StringComparison.Ordinal);
        var silent = await Assert.ThrowsAsync<IOException>(() => McpTools.ConnectAsync(new Uri("http://127.0.0.1:9/mcp"), cancellationToken: Stopping));
        Assert.Contains("http://127.0.0.1:9/mcp", silent.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => McpTools.ConnectAsync(new Uri("ftp://example.org"), cancellationToken: Stopping));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => McpTools.StartAsync("dotnet", [server], cancellationToken: cancelled.Token));
    }

    [Fact]
    public void It_references_the_tools_and_the_protocol_only() =>
        Assert.Equal(["ModelContextProtocol.Core", "Nonet.ToolUse"], typeof(McpTools).Assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(n => n.StartsWith("Nonet", StringComparison.Ordinal) || n.StartsWith("Model", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
}
