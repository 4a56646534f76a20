using Microsoft.Extensions.AI;
using Nonet.Tests;
using Nonet.ToolUse;
using Nonet.ToolUse.Calls;
using Nonet.ToolUse.Indexing;
using Nonet.ToolUse.Tools;

namespace Nonet.Extensions.AI.Tests;

/// <summary>Tools as functions, functions as tools, and a client as a tool.</summary>
public class ToolTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_function_is_a_tool_and_a_tool_a_function()
    {
        var function = AIFunctionFactory.Create((int a, int b) => a * b, "Product", "Multiplies.");
        var tool = function.AsTool();
        Assert.Equal(("Product", "Multiplies.", false), (tool.Name, tool.Description, tool.IsRepeatable));
        Assert.Equal("6", (await new ToolRunner([tool]).RunAsync(new ToolCall("product", """{"a": 2, "b": 3}"""), Stopping)).Text);
        var back = tool.AsAIFunction();
        Assert.Equal(function.JsonSchema.GetRawText(), back.JsonSchema.GetRawText());
        Assert.Equal("42", $"{await back.InvokeAsync(new AIFunctionArguments { ["a"] = 6, ["b"] = 7 }, Stopping)}");
        Assert.Equal("35", $"{await new CalculatorTool().AsAIFunction().InvokeAsync(new AIFunctionArguments { ["input"] = "27 + 4 * 2" }, Stopping)}");
        var e = Assert.Throws<ArgumentException>(() => new ToolRunner([tool, new FunctionTool("product", i => i)]));
        Assert.Contains("'Product' (the function Product) and 'product' (Nonet.ToolUse.Tools.FunctionTool)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_calls_tools_and_is_told_what_fails()
    {
        var tools = ToolRunner.ForFunctionCalls(
            [new CalculatorTool(), new FunctionTool("Bad", new Func<string, string?>(_ => throw new IOException("no disk")), description: "Fails.")]);
        foreach (var (name, said) in new[] { ("Calculator", "35"), ("Bad", "Error: IOException: no disk") })
        {
            using var test = new TestClient(prompt => prompt.Contains("<|tool|>", StringComparison.Ordinal)
                ? $"It is {prompt[(prompt.LastIndexOf("<|tool|>", StringComparison.Ordinal) + 8)..^"<|assistant|>".Length]}."
                : TestClient.Call(name, """{"input": "27 + 4 * 2"}"""));
            using var client = new FunctionInvokingChatClient(test.Client);
            var response = await client.GetResponseAsync("?", new ChatOptions { Tools = [.. tools.AsAIFunctions()] }, Stopping);
            Assert.Equal($"It is {said}.", response.Text);
        }
        Assert.Equal((1, 1), (tools.Counts["Calculator"].Answered, tools.Counts["Bad"].Failed));
    }

    [Fact]
    public async Task A_client_answers_questions_over_retrieved_passages()
    {
        using var folder = new TemporaryFolder();
        SearchIndexWriter.Write(folder["index"], [new Passage("Ahab", "Ahab hunts a white whale."), new Passage("Emma", "Emma makes matches.")],
            cancellationToken: Stopping);
        using var index = SearchIndex.Open(folder["index"]);
        using var test = new TestClient(prompt => prompt.Contains("Ahab > Ahab hunts a white whale.\n\nQuestion: Who hunts the whale?\nAnswer:",
            StringComparison.Ordinal) ? "Captain Ahab\nbecause" : "nobody");
        var tools = new ToolRunner([test.Client.AsQuestionTool(index, passages: 1)]);
        Assert.Equal("Captain Ahab", (await tools.RunAsync(new ToolCall("QA", "Who hunts the whale?"), Stopping)).Text);
        Assert.Equal(ToolOutcome.Nothing, (await tools.RunAsync(new ToolCall("QA", " "), Stopping)).Outcome);
    }
}
