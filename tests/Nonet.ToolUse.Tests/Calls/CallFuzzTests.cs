using System.Globalization;
using System.Text.Json;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Indexing;
using Nonet.ToolUse.Tools;

namespace Nonet.ToolUse.Tests.Calls;

/// <summary>
/// Strings of every tool, read by the parser of calls and by the tool itself: no crash, no string that takes 100 ms, none that allocates a megabyte.
/// NONET_FUZZ=1000000 in the environment makes as many strings for each tool; the figures stand in the test's output.
/// </summary>
public sealed class CallFuzzTests : IDisposable
{
    static readonly int count = int.TryParse(Environment.GetEnvironmentVariable("NONET_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n
        : 40_000;

    readonly TemporaryFolder folder = new();
    readonly SearchIndex index;
    readonly ITool[] tools;

    public CallFuzzTests()
    {
        SearchIndexWriter.Write(folder["index"], Enumerable.Range(0, 200).Select(i => new Passage($"whale {i}", $"The white whale is number {i}, who else?")));
        index = SearchIndex.Open(folder["index"]);
        tools = [new CalculatorTool(), new CalendarTool(new DateOnly(2023, 1, 30)), new SearchTool(index),
            new QuestionTool((prompt, _) => Task.FromResult(prompt), index), new FunctionTool("MT", text => text), new Json()];
    }

    public void Dispose()
    {
        index.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("Calculator"), InlineData("Calendar"), InlineData("WikiSearch"), InlineData("QA"), InlineData("MT"), InlineData("Stock")]
    public void Strings_of_every_tool_are_read(string name)
    {
        var (random, reader, tool) = (new Random(name[0] * 256 + name[1]), new CallReader(), tools.Single(t => t.Name == name));
        var (calls, results, slowest, most) = (0L, 0L, 0.0, 0L);
        for (var i = 0; i < count; i++)
        {
            var text = FuzzedCalls.Next(name, random);
            var (found, answered) = (0, 0);
            var (milliseconds, bytes) = FuzzedCalls.Measure(() =>
            {
                (found, answered) = (0, 0);
                var end = 0;
                foreach (var at in reader.Find(text))
                {
                    Assert.True(at.Start >= end && at.End > at.Start && at.End <= text.Length);
                    end = at.End;
                    if (at.Call is not { } call)
                        continue;
                    found++;
                    Assert.Equal(call, reader.Read(call.ToString()));
                    answered += call.Tool == name && Run(tool, call.Input) is not null ? 1 : 0;
                }
                reader.Remove(text);
                reader.Follow(text, out _);
                Run(tool, text);
            });
            Assert.True(milliseconds < 100, $"{milliseconds} ms: {text}");
            Assert.True(bytes < 1 << 20, $"{bytes} bytes: {text}");
            (calls, results, slowest, most) = (calls + found, results + answered, Math.Max(slowest, milliseconds), Math.Max(most, bytes));
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {count:N0} strings, {calls:N0} calls, {results:N0} results, slowest {slowest:0.00} ms, most {most:N0} bytes"));
        Assert.True(calls > count / 20 && results > count / 1000, $"{calls} calls, {results} results");
    }

    static string? Run(ITool tool, string input)
    {
        try
        {
            return tool.RunAsync(input, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (FormatException) // says what is wrong with the input; the runner reports it
        {
            return null;
        }
    }

    /// <summary>Takes several arguments, as a tool of an MCP server does.</summary>
    sealed class Json : ITool
    {
        public string Name => "Stock";
        public JsonElement Parameters { get; } = JsonElement.Parse("""{"type":"object","properties":{"a":{},"b":{}}}""");
        public Task<string?> RunAsync(string input, CancellationToken cancellationToken) =>
            Task.FromResult<string?>(string.Join(' ', ToolParameters.ArgumentsOf(Parameters, input, Name).Keys));
    }
}
