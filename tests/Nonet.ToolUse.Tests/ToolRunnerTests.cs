using System.Text.Json;
using Nonet.Text;
using Nonet.Text.Chat;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests;

/// <summary>Whatever a tool does, the call ends with one short line or an outcome.</summary>
public class ToolRunnerTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tool_answers_by_its_name_in_any_case()
    {
        var runner = new ToolRunner([new CalculatorTool(), new CalendarTool(new DateOnly(2023, 1, 30))]);
        Assert.Equal("35", (await runner.RunAsync(new ToolCall("calculator", "27 + 4 * 2"), Stopping)).Text);
        Assert.Equal("Today is Monday, January 30, 2023.", (await runner.RunAsync(new ToolCall("Calendar", ""), Stopping)).Text);
        var nothing = await runner.RunAsync(new ToolCall("Calculator", "what?"), Stopping);
        Assert.Equal((ToolOutcome.Nothing, "", null), (nothing.Outcome, nothing.Text, nothing.Error));
        var unknown = await runner.RunAsync(new ToolCall("Shell", "rm"), Stopping);
        Assert.Equal(ToolOutcome.Unknown, unknown.Outcome);
        Assert.Contains("'Shell'; expected one of Calculator, Calendar", unknown.Error, StringComparison.Ordinal);
        Assert.Equal((2, 1, 1), (runner.Counts["Calculator"].Calls, runner.Counts["Calculator"].Answered, runner.Counts["Calculator"].Nothing));
        Assert.Equal(1, runner.UnknownCalls);
    }

    [Theory]
    [InlineData("two\nlines\tand\0more", "two lines and more", true)]
    [InlineData("  a  b  ", "a b", false)]
    [InlineData("\u001b[31mred\u001b[0m", "(31mred (0m", true)]
    [InlineData("3] and [QA(x) -> 4", "3) and (QA(x) 4", true)]
    [InlineData("-->>", "- >", true)]
    [InlineData("right\u202eleft", "right left", true)]
    [InlineData("plain é 😀", "plain é 😀", false)]
    public async Task A_result_is_one_line_without_marks(string returned, string text, bool cleaned)
    {
        var runner = new ToolRunner([new FunctionTool("T", _ => returned)]);
        var result = await runner.RunAsync(new ToolCall("T", ""), Stopping);
        Assert.Equal((ToolOutcome.Answered, text, cleaned), (result.Outcome, result.Text, result.IsCleaned));
        Assert.Equal(text, new CallReader().Find(runner.Marks.Write(new ToolCall("T", ""), result.Text)).Single().Result);
    }

    [Fact]
    public async Task Half_a_character_becomes_the_replacement_character()
    {
        var runner = new ToolRunner([new FunctionTool("T", _ => "half \ud83d pair")]);
        Assert.Equal("half \ufffd pair", (await runner.RunAsync(new ToolCall("T", ""), Stopping)).Text);
    }

    [Fact]
    public async Task Other_marks_are_removed_as_well()
    {
        var runner = new ToolRunner([new FunctionTool("T", _ => "a<API>b</API>c [d]")], marks: new CallMarks("<API>", "→", "</API>"));
        Assert.Equal("a b c [d]", (await runner.RunAsync(new ToolCall("T", ""), Stopping)).Text);
    }

    [Fact]
    public async Task Megabytes_are_cut()
    {
        var runner = new ToolRunner([new FunctionTool("Big", _ => new string('a', 50_000_000)),
            new FunctionTool("Wide", _ => string.Concat(Enumerable.Repeat("😀", 500)))]);
        var result = await runner.RunAsync(new ToolCall("Big", ""), Stopping);
        Assert.Equal((500, true), (result.Text.Length, result.IsCut));
        var wide = await runner.RunAsync(new ToolCall("Wide", ""), Stopping);
        Assert.True(wide.IsCut && !wide.Text.Contains('\ufffd', StringComparison.Ordinal) && wide.Text.Length == 500);
        Assert.Equal(1, runner.Counts["Big"].Cut);
    }

    [Fact]
    public async Task An_exception_is_reported_and_counted()
    {
        var runner = new ToolRunner([new FunctionTool("Bad", new Func<string, string?>(_ => throw new InvalidOperationException("no\nluck")))]);
        var result = await runner.RunAsync(new ToolCall("Bad", ""), Stopping);
        Assert.Equal((ToolOutcome.Failed, "", "InvalidOperationException: no luck"), (result.Outcome, result.Text, result.Error));
        Assert.Equal((1, "InvalidOperationException: no luck"), (runner.Counts["Bad"].Failed, runner.Counts["Bad"].LastError));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_that_hangs_is_left_alone(bool listens)
    {
        using var end = new ManualResetEventSlim();
        var runner = new ToolRunner([new FunctionTool("Slow", async (_, token) =>
        {
            if (listens)
                await Task.Delay(Timeout.Infinite, token);
            end.Wait(CancellationToken.None);
            return "late";
        })], new ToolLimits { Timeout = TimeSpan.FromMilliseconds(50), HangingCalls = 2 });
        for (var i = 0; i < 2; i++)
            Assert.Equal(ToolOutcome.TimedOut, await Outcome());
        if (listens) // the cancelled calls end soon, and another may hang
        {
            await Eventually.Holds(async () => await Outcome() == ToolOutcome.TimedOut);
            return;
        }
        Assert.Equal(ToolOutcome.Refused, await Outcome());
        end.Set();
        await Eventually.Holds(async () => await Outcome() == ToolOutcome.Answered);

        async Task<ToolOutcome> Outcome() => (await runner.RunAsync(new ToolCall("Slow", ""), Stopping)).Outcome;
    }

    [Fact]
    public async Task Cancelling_ends_the_wait()
    {
        var runner = new ToolRunner([new FunctionTool("Slow", async (_, token) => { await Task.Delay(Timeout.Infinite, token); return ""; })],
            new ToolLimits { Timeout = Eventually.Limit });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        var call = runner.RunAsync(new ToolCall("Slow", ""), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Equal_calls_run_once_if_the_tool_is_repeatable()
    {
        var runs = 0;
        var runner = new ToolRunner([new FunctionTool("Once", _ => $"{++runs}"), new FunctionTool("Each", _ => $"{++runs}", isRepeatable: false)]);
        Assert.False((await runner.RunAsync(new ToolCall("Once", "a"), Stopping)).IsCached);
        var second = await runner.RunAsync(new ToolCall("once", "a"), Stopping);
        Assert.Equal((true, "1"), (second.IsCached, second.Text));
        Assert.Equal("2", (await runner.RunAsync(new ToolCall("Each", "a"), Stopping)).Text);
        Assert.Equal("3", (await runner.RunAsync(new ToolCall("Each", "a"), Stopping)).Text);
        Assert.Equal(1, runner.Counts["Once"].Cached);
    }

    [Fact]
    public async Task A_long_input_is_refused()
    {
        var runner = new ToolRunner([new FunctionTool("T", input => input)], new ToolLimits { InputCharacters = 5 });
        var result = await runner.RunAsync(new ToolCall("T", "123456"), Stopping);
        Assert.Equal((ToolOutcome.Refused, "the input has 6 characters; expected at most 5"), (result.Outcome, result.Error));
    }

    [Fact]
    public async Task Function_calls_take_arguments_and_give_results_without_special_tokens()
    {
        var pair = new Pair();
        var runner = ToolRunner.ForFunctionCalls([new CalculatorTool(), new CalendarTool(new DateOnly(2023, 1, 30)), pair], new ByteTokenizer());
        async Task<ToolResult> Call(string name, string json) => await runner.RunAsync(new ChatToolCall(name, JsonElement.Parse(json)), Stopping);
        Assert.Equal("35", (await Call("Calculator", """{"input": "27 + 4 * 2"}""")).Told);
        Assert.Equal("no result", (await Call("Calculator", """{"input": "27 +"}""")).Told);
        Assert.Equal("Today is Monday, January 30, 2023.", (await Call("Calendar", "{}")).Told);
        Assert.Equal("""{"a": 1, "b": [2]} [x] .""", (await Call("Pair", """{"a": 1, "b": [2]}""")).Told);
        Assert.StartsWith("Error: there is no tool 'Other'", (await Call("Other", "{}")).Told, StringComparison.Ordinal);
        Assert.Equal(["Calculator", "Calendar", "Pair"], runner.Functions.Select(f => f.Name));
        Assert.All(runner.Functions.Take(2), f => Assert.NotEmpty(f.Description));
    }

    sealed class Pair : ITool
    {
        public string Name => "Pair";
        public JsonElement Parameters => JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array"}}}""");
        public Task<string?> RunAsync(string input, CancellationToken cancellationToken) =>
            Task.FromResult<string?>($"{input}\n[x]{new ByteTokenizer().TokenOf(new ByteTokenizer().EndOfText)}.");
    }

    [Theory]
    [InlineData("""{"properties":{"text":{"type":"string"}}}""", "a \"b\"", "text=\"a \\u0022b\\u0022\"")]
    [InlineData("""{"properties":{"number":{"type":"integer"}}}""", "3", "number=3")]
    [InlineData("""{"properties":{"a":{},"b":{}}}""", "{\"a\": 1, \"b\": \"x\"}", "a=1, b=\"x\"")]
    [InlineData("""{"type":"object"}""", "ignored", "")]
    public void One_text_becomes_the_arguments(string schema, string input, string arguments) =>
        Assert.Equal(arguments,
            string.Join(", ", ToolParameters.ArgumentsOf(JsonElement.Parse(schema), input, "T").Select(a => $"{a.Key}={a.Value.GetRawText()}")));

    [Fact]
    public void Half_a_character_in_an_input_becomes_the_replacement_character()
    {
        const string Half = "\ud83d";
        string Value(string schema, string input) => ToolParameters.ArgumentsOf(JsonElement.Parse(schema), input, "T").Values.Single().GetString()!;
        Assert.Equal("\ufffd", Value("""{"properties":{"text":{"type":"string"}}}""", Half));
        Assert.Equal("\ufffd", Value("""{"properties":{"a":{},"b":{}}}""", $$"""{"a": "{{Half}}"}"""));
    }

    [Fact]
    public void Names_that_clash_are_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => new ToolRunner([new FunctionTool("Sum", i => i), new FunctionTool("SUM", i => i)]));
        Assert.Contains("'Sum' (Nonet.ToolUse.Tools.FunctionTool) and 'SUM'", e.Message, StringComparison.Ordinal);
        foreach (var name in new[] { "", "1a", "a b", "a(", new string('a', 65) })
            Assert.Throws<ArgumentException>(() => new ToolRunner([new FunctionTool(name, i => i)]));
    }
}
