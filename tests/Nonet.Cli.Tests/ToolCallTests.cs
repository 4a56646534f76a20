using System.Globalization;
using System.Net;
using System.Text.Json;
using Nonet.ToolUse.Tests;

namespace Nonet.Cli.Tests;

/// <summary>generate, chat and eval with tools.</summary>
public sealed class ToolCallTests(TrainedCaller caller, TrainedFunctionCaller functions)
    : IClassFixture<TrainedCaller>, IClassFixture<TrainedFunctionCaller>, IDisposable
{
    static readonly string mcpServer = Path.Combine(AppContext.BaseDirectory, "Nonet.McpServer.dll");

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    Task<Outcome> Generate(params string[] options) =>
        Program.Run(["generate", caller.Folder, "1+1= 2.\n3+4=", "--temperature", "0", "--max-tokens", "30", "--stop", "\n", "--threads", "2", .. options]);

    [Fact]
    public async Task A_text_is_written_with_calls_and_their_results()
    {
        var plain = await Generate("--tools", "calculator");
        Assert.Equal(" [Calculator(3+4) -> 7] 7.\n", plain.Out);
        Assert.Contains("Calculator(3+4): 7\n", plain.Error, StringComparison.Ordinal);
        Assert.Contains("a call was tried at ", plain.Error, StringComparison.Ordinal);
        var json = (await Generate("--tools", "calculator,calendar=2023-01-30", "--json")).Json;
        var sample = json.GetProperty("samples")[0];
        Assert.Equal((" [Calculator(3+4) -> 7] 7.", " 7."), (sample.GetProperty("text").GetString(), sample.GetProperty("text_without_calls").GetString()));
        var call = Assert.Single(sample.GetProperty("calls").EnumerateArray());
        Assert.Equal(("Calculator", "3+4", "answered", "7"), (call.GetProperty("tool").GetString(), call.GetProperty("input").GetString(),
            call.GetProperty("outcome").GetString(), call.GetProperty("result").GetString()));
        Assert.Equal((1, 0), (json.GetProperty("tools").GetProperty("Calculator").GetProperty("answered").GetInt32(),
            json.GetProperty("tools").GetProperty("Calendar").GetProperty("calls").GetInt32()));
        Assert.Equal(1, json.GetProperty("attempts").GetProperty("calls").GetInt32());
        Assert.DoesNotContain("[", (await Generate("--tools", "calculator", "--max-calls", "0")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_of_the_users_own_is_asked_and_its_failure_told()
    {
        var (listener, address) = LocalHttp.Listen();
        using var listening = (IDisposable)listener;
        var (status, answer) = (200, "9");
        var serving = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
                context.Response.StatusCode = status;
                using var writer = new StreamWriter(context.Response.OutputStream);
                await writer.WriteAsync(answer);
            }
        }, TestContext.Current.CancellationToken);
        Assert.StartsWith(" [Calculator(3+4) -> 9]", (await Generate("--tools", $"Calculator={address}")).Out, StringComparison.Ordinal);
        folder.Add("sum.yaml", """
            kind: generation
            source: {test: sum.jsonl}
            prompt: "1+1= 2.\n{{ a }}+{{ b }}="
            gold: "{{ a + b }}"
            answer: {kind: number, first: true}
            max_tokens: 30
            stop: ["\n"]
            """);
        folder.Add("sum.jsonl", """{"a": 3, "b": 4}""");
        async Task<(string Transcript, string Error)> Eval(string tools)
        {
            var outcome = await Program.Run("eval", caller.Folder, "--tasks", folder["sum.yaml"], "--out", folder["evals/own"], "--tools", tools,
                "--threads", "2", "--json");
            var requests = outcome.Json.GetProperty("arms")[0].GetProperty("requests").GetString()!;
            var path = JsonDocument.Parse(File.ReadLines(requests).First()).RootElement.GetProperty("paths")[0];
            return (path.GetProperty("transcript").GetString()!, outcome.Error);
        }
        Assert.StartsWith(" [Calculator(3+4) -> 9]", (await Eval($"Calculator={address}")).Transcript, StringComparison.Ordinal);
        answer = "8"; // nothing tells that it would: what it had a part in was not kept
        Assert.StartsWith(" [Calculator(3+4) -> 8]", (await Eval($"Calculator={address}")).Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("from an earlier run", (await Eval("calculator")).Error, StringComparison.Ordinal);
        Assert.Contains("1 results were there from an earlier run", (await Eval("calculator")).Error, StringComparison.Ordinal);
        status = 500;
        var failed = await Generate("--tools", $"Calculator={address}");
        Assert.DoesNotContain("[", failed.Out, StringComparison.Ordinal);
        Assert.Contains("Calculator(3+4): taken back, the tool failed: HttpRequestException: http://127.0.0.1", failed.Error, StringComparison.Ordinal);
        listener.Stop();
        await serving;
    }

    [Theory]
    [InlineData("--tools abacus", 2, "'abacus'; expected calculator, calendar")]
    [InlineData("--tools calendar=tomorrow", 2, "calendar=2023-01-30")]
    [InlineData("--tools search=nowhere", 1, "nowhere")]
    [InlineData("--tools Calculator=http://", 2, "http://localhost:8080")]
    [InlineData("--tools calculator,Calculator=http://localhost:1/", 1, "'Calculator' (Nonet.ToolUse.Tools.CalculatorTool) and 'Calculator'")]
    [InlineData("--max-calls 1", 2, "--max-calls and --call-top-k need tools")]
    [InlineData("--tools calculator --regex a+", 2, "--tools and a constraint")]
    [InlineData("--mcp no-such-program", 1, "MCP server 'no-such-program'")]
    public async Task What_makes_no_sense_is_refused(string options, int code, string message) =>
        (await Generate(options.Split(' '))).AssertRefused(code, message);

    [Fact]
    public async Task A_chat_calls_tools_by_function_calling_and_shows_call_and_result()
    {
        var file = folder["chat.json"];
        var told = await Program.RunWith($"3+4\n5+5\n/save {file}\n/undo\n/load {file}\n2+6\n", TestContext.Current.CancellationToken,
            ["chat", functions.Folder, "--tools", "calculator", "--temperature", "0", "--threads", "2", "--drop-oldest"]);
        Assert.Equal((0, "7\n10\n8\n"), (told.ExitCode, told.Out)); // a pipe gets the answers alone
        Assert.Contains("(calls Calculator {\"input\": \"3+4\"})\n(Calculator: 7)\n", told.Error, StringComparison.Ordinal);
        Assert.Contains("tokens of context", told.Error, StringComparison.Ordinal);
        var saved = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).RootElement.GetProperty("messages");
        Assert.Equal(["user", "assistant", "tool", "assistant"], saved.EnumerateArray().Select(m => m.GetProperty("role").GetString()).Take(4));
    }

    [Fact]
    public async Task A_tool_that_fails_in_a_chat_is_told_to_the_model_and_to_the_user()
    {
        var told = await Program.RunWith("3+4\n", TestContext.Current.CancellationToken,
            ["chat", functions.Folder, "--tools", "Calculator=http://127.0.0.1:1/", "--tool-timeout", "300", "--temperature", "0", "--threads", "2"]);
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("(Calculator failed: HttpRequestException: ", told.Error, StringComparison.Ordinal);
        Assert.NotEqual("7\n", told.Out);
    }

    [Fact]
    public async Task A_chat_starts_the_server_that_it_is_given()
    {
        var told = await Program.RunWith("hello\n", TestContext.Current.CancellationToken,
            ["chat", functions.Folder, "--mcp", $"dotnet \"{mcpServer}\"", "--temperature", "0", "--max-tokens", "5", "--threads", "2"]);
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("tokens of context", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arms_are_evaluated_side_by_side()
    {
        folder.Add("sums.yaml", """
            kind: generation
            source: {test: sums.jsonl}
            prompt: "1+1= 2.\n{{ a }}+{{ b }}="
            gold: "{{ a + b }}"
            answer: {kind: number, first: true}
            max_tokens: 30
            stop: ["\n"]
            """);
        folder.Add("sums.jsonl",
            string.Join('\n', TrainedCaller.HeldOut.Select(s => string.Create(CultureInfo.InvariantCulture, $$"""{"a": {{s.A}}, "b": {{s.B}}}"""))));
        folder.Add("text.yaml", """
            kind: perplexity
            source: {test: text.jsonl}
            target: "{{ text }}"
            """);
        folder.Add("text.jsonl", """{"text": "3+4= 7.\n5+5= 10.\n"}""");
        async Task<JsonElement> Eval(params string[] options) => (await Program.Run(["eval", caller.Folder, "--tasks",
            $"{folder["sums.yaml"]},{folder["text.yaml"]}", "--out", folder["evals/tools"], "--tools", "calculator", "--threads", "2", "--json",
            .. options])).Json;
        var arms = (await Eval("--beside", $"base={caller.Folder}", "--call-top-k", "0,1,10")).GetProperty("arms").EnumerateArray()
            .ToDictionary(a => a.GetProperty("arm").GetString()!);
        Assert.Equal(["base", "disabled", "k1", "k10"], arms.Keys);
        double Value(string arm, string task, string metric) => arms[arm].GetProperty("results").EnumerateArray()
            .Single(r => r.GetProperty("task").GetString() == task && r.GetProperty("metric").GetString() == metric).GetProperty("value").GetDouble();
        Assert.True(Value("k10", "sums", "exact_match") >= Value("disabled", "sums", "exact_match") + 0.3);
        Assert.Equal((0, 1), (Value("disabled", "sums", "call_rate"), Value("k10", "sums", "call_rate")));
        Assert.InRange(Value("k1", "sums", "call_rate"), 0, 1);
        Assert.Equal(Value("base", "text", "perplexity"), Value("k10", "text", "perplexity"), 9);
        Assert.Equal(20, arms["k10"].GetProperty("tools").GetProperty("Calculator").GetProperty("answered").GetInt32());
        var lines = File.ReadLines(arms["k10"].GetProperty("requests").GetString()!).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Contains("[Calculator(", lines[0].GetProperty("paths")[0].GetProperty("transcript").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists(folder["evals/tools/arms.json"]) && File.Exists(folder["evals/tools/k10/index.html"]));
        var off = (await Eval("--tools-off", "Calculator")).GetProperty("arms")[0];
        Assert.Equal(0, off.GetProperty("results").EnumerateArray().Single(r => r.GetProperty("metric").GetString() == "call_rate").GetProperty("value")
            .GetDouble());
        var compared = await Program.Run("eval", "compare", folder["evals/tools/disabled"], folder["evals/tools/k10"], "--out", folder["c.html"], "--json");
        Assert.Equal(0, compared.ExitCode);
        (await Program.Run("eval", caller.Folder, "--tasks", folder["sums.yaml"], "--call-top-k", "1")).AssertRefused(2, "need tools");
        (await Program.Run("eval", caller.Folder, "--tasks", folder["sums.yaml"], "--tools", "calculator", "--beside", "x")).AssertRefused(2, "base=MODEL");
        (await Program.Run("eval", caller.Folder, "--tasks", folder["sums.yaml"], "--tools", "calculator", "--call-top-k", "1,1")).AssertRefused(2, "'k1'");
    }
}
