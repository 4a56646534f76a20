using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI.Tests;

public class FunctionCallTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    static readonly AIFunction secret = AIFunctionFactory.Create((int a, int b) => a * b, "SecretComputation");

    /// <summary>Calls until the prompt has a result, then says it.</summary>
    static Func<string, string> CallsThenTells(string call) => prompt =>
        prompt.LastIndexOf("<|tool|>", StringComparison.Ordinal) is >= 0 and var at && at > prompt.LastIndexOf("<|user|>", StringComparison.Ordinal)
        ? $"It is {prompt[(at + "<|tool|>".Length)..^"<|assistant|>".Length]}." : call;

    [Fact]
    public async Task A_call_comes_as_content_after_the_text_before_it()
    {
        using var test = new TestClient(_ => "Let me see.\n" + TestClient.Call("SecretComputation", "{\"a\": 42, \"b\": 84}"));
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in test.Client.GetStreamingResponseAsync("?", new ChatOptions { Tools = [secret] }, Stopping))
            updates.Add(update);
        Assert.Equal("Let me see.", string.Concat(updates.Select(u => u.Text)));
        Assert.InRange(updates.Count(u => u.Text.Length > 0), 8, 11); // streamed
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(updates.SelectMany(u => u.Contents), c => c is FunctionCallContent));
        Assert.Equal(("SecretComputation", 9), (call.Name, call.CallId.Length));
        Assert.Equal(["a=42", "b=84"], call.Arguments!.Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.Contains("\"name\": \"SecretComputation\"", test.Prompts[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Functions_are_invoked_and_their_results_told(bool streams)
    {
        using var test = new TestClient(CallsThenTells(TestClient.Call("SecretComputation", "{\"a\": 42, \"b\": 84}")));
        using var client = new FunctionInvokingChatClient(test.Client);
        var options = new ChatOptions { Tools = [secret] };
        var response = streams ? await client.GetStreamingResponseAsync("42 and 84?", options, Stopping).ToChatResponseAsync(Stopping)
            : await client.GetResponseAsync("42 and 84?", options, Stopping);
        Assert.EndsWith("It is 3528.", response.Text, StringComparison.Ordinal);
        Assert.Contains("<tool_call>\n{\"name\": \"SecretComputation\", \"arguments\": {\"a\": 42, \"b\": 84}}\n</tool_call><|tool|>3528<|assistant|>",
            test.Prompts[1], StringComparison.Ordinal);
        Assert.True(response.Usage!.InputTokenCount > test.Prompts[1].Length); // of both requests
    }

    sealed record PersonRecord(string Name, int Age = 42);

    [Fact]
    public async Task Parameters_of_every_shape()
    {
        async Task<string> Run(Delegate method, string arguments)
        {
            using var test = new TestClient(CallsThenTells(TestClient.Call("F", arguments)));
            using var client = new FunctionInvokingChatClient(test.Client);
            return (await client.GetResponseAsync("?", new ChatOptions { Tools = [AIFunctionFactory.Create(method, "F")] }, Stopping)).Text;
        }
        Assert.Equal("It is 42.", await Run(() => 42, "{}"));
        Assert.Equal("It is defaultId.", await Run((string id = "defaultId") => id, "{}"));
        Assert.Equal("It is foo.", await Run((string id = "defaultId") => id, "{\"id\": \"foo\"}"));
        Assert.Equal("It is John 19.", await Run((PersonRecord person) => $"{person.Name} {person.Age}", "{\"person\": {\"name\": \"John\", \"age\": 19}}"));
        Assert.Equal("It is Peter: bacon, lettuce.",
            await Run((string[] items, string shopperId) =>
            $"{shopperId}: {string.Join(", ", items)}", "{\"items\": [\"bacon\", \"lettuce\"], \"shopperId\": \"Peter\"}"));
    }

    [Fact]
    public async Task Several_calls_of_one_reply()
    {
        var two = TestClient.Call("GetPersonAge", "{\"personName\": \"Elsa\"}") + "\n" + TestClient.Call("GetPersonAge", "{\"personName\": \"Anna\"}");
        using var test = new TestClient(prompt => prompt.Contains("<|tool|>21<|tool|>18", StringComparison.Ordinal) ? "3" : two);
        using var client = new FunctionInvokingChatClient(test.Client) { AllowConcurrentInvocation = true };
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string personName) => personName == "Elsa" ? 21 : 18, "GetPersonAge")] };
        Assert.Equal("3", (await client.GetResponseAsync("How much older is Elsa than Anna?", options, Stopping)).Text);
        options.AllowMultipleToolCalls = false;
        Assert.Single((await test.Client.GetResponseAsync("?", options, Stopping)).Messages[0].Contents.OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task A_tool_mode_holds()
    {
        using var test = new TestClient(prompt =>
            prompt.Contains("Please", StringComparison.Ordinal) ? TestClient.Call("GetSecretNumber", "{}") : "I would rather not.");
        var (number, shields) = (AIFunctionFactory.Create(() => 123, "GetSecretNumber"), AIFunctionFactory.Create(() => true, "ShieldsUp"));
        async Task<string[]> Called(string prompt, ChatToolMode mode) =>
            [.. (await test.Client.GetResponseAsync(prompt, new ChatOptions { Tools = [number, shields], ToolMode = mode }, Stopping))
                .Messages[0].Contents.OfType<FunctionCallContent>().Select(c => c.Name)];
        Assert.Single(await Called("Are birds real?", ChatToolMode.RequireAny));
        Assert.Equal(["ShieldsUp"], await Called("Please", ChatToolMode.RequireSpecific("ShieldsUp")));
        Assert.Equal(["GetSecretNumber"], await Called("Please", ChatToolMode.Auto));
        Assert.Empty(await Called("Are birds real?", ChatToolMode.Auto));
        Assert.Empty(await Called("Please", ChatToolMode.None));
        Assert.DoesNotContain("[tools]", test.Prompts[^1], StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Called("?", ChatToolMode.RequireSpecific("Missing")));
        Assert.Equal("the reply must call the tool Missing; expected it among the 2 tools of the request", error.Message);
    }

    [Theory]
    [InlineData("mistral", "[TOOL_CALLS] [{\"name\": \"SecretComputation\", \"arguments\": {\"a\": 6, \"b\": 7}, \"id\": \"abcdefghi\"}]")]
    [InlineData("mistral-args", "[TOOL_CALLS]SecretComputation[ARGS]{\"a\": 6, \"b\": 7}")]
    [InlineData("llama3", "{\"name\": \"SecretComputation\", \"parameters\": {\"a\": 6, \"b\": 7}}")]
    [InlineData("granite", "<|tool_call|>[{\"name\": \"SecretComputation\", \"arguments\": {\"a\": 6, \"b\": 7}}]")]
    [InlineData("plain", "<tool_call>{\"name\": \"SecretComputation\", \"arguments\": {\"a\": 6, \"b\": 7}}</tool_call>")]
    public async Task Every_format_goes_there_and_back(string format, string call)
    {
        using var test = new TestClient(prompt => prompt.Contains("42", StringComparison.Ordinal) ? "done" : call, format);
        using var client = new FunctionInvokingChatClient(test.Client);
        var response = await client.GetResponseAsync("?", new ChatOptions { Tools = [secret] }, Stopping);
        Assert.Equal("done", response.Text);
        Assert.Contains("SecretComputation", test.Prompts[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_fails_is_told_to_the_model()
    {
        using var test = new TestClient(CallsThenTells(TestClient.Call("F", "{}")));
        using var client = new FunctionInvokingChatClient(test.Client) { IncludeDetailedErrors = true };
        var failing = AIFunctionFactory.Create(new Func<string>(() => throw new InvalidOperationException("no such city")), "F");
        Assert.Contains("no such city", (await client.GetResponseAsync("?", new ChatOptions { Tools = [failing] }, Stopping)).Text, StringComparison.Ordinal);
        ChatMessage[] direct =
            [new(ChatRole.User, "?"), new(ChatRole.Assistant, [new FunctionCallContent("c", "F")]),
            new(ChatRole.Tool, [new FunctionResultContent("c", null) { Exception = new IOException("no disk") }])];
        Assert.Equal("It is Error: no disk.", (await test.Client.GetResponseAsync(direct, cancellationToken: Stopping)).Text);
    }

    [Fact]
    public async Task A_call_that_the_limit_cuts_off_is_an_error_in_the_content()
    {
        using var test = new TestClient(_ => TestClient.Call("SecretComputation", "{\"a\": 42, \"b\": 84}"));
        var response = await test.Client.GetResponseAsync("?", new ChatOptions { Tools = [secret], MaxOutputTokens = 40 }, Stopping);
        Assert.Equal((ChatFinishReason.Length, ""), (response.FinishReason, response.Text));
        var error = Assert.IsType<ErrorContent>(Assert.Single(response.Messages[0].Contents));
        Assert.Equal((NonetChatClient.IncompleteCall, "<tool_call>\n{\"name\": \"SecretComputation\""), (error.ErrorCode, error.Details));
    }

    sealed class ComplexObject
    {
        [DeniedValues("abc", "def", "default")]
        public string? SomeString { get; set; }

        [AllowedValues("abc", "def", "default")]
        public string AnotherString { get; set; } = "default";

        [Range(25, 75)]
        public int Value { get; set; }

        [EmailAddress]
        public string? Email { get; set; }

        [RegularExpression("[abc]")]
        public string? RegexString { get; set; }

        [StringLength(42)]
        public string MeasuredString { get; set; } = "default";

        [Length(1, 2)]
        public int[]? MeasuredArray { get; set; }
    }

    /// <summary>The parameters whose schemas dotnet/extensions expects every client to accept.</summary>
    [Fact]
    public async Task Schemas_of_usual_parameters_are_enforced()
    {
        Delegate[] methods =
        [
            (int? i) => i, (string? s) => s, (int? i = null) => i, (bool b) => b, (double d) => d, (decimal d) => d, (float f) => f, (long l) => l, (char c) =>
                c, (DateTime dt) => dt,
            (DateTimeOffset? dt) => dt, (TimeSpan ts) => ts, (DateOnly d) => d, (TimeOnly t) => t, (Uri uri) => uri, (Guid guid) => guid, (List<int> list) =>
                list, (int[] arr, ComplexObject? co) => arr,
            (string p1 = "str", int p2 = 42, BindingFlags p3 = BindingFlags.IgnoreCase, char p4 = 'x') =>
                p1, (string? p1 = "str", int? p2 = 42, BindingFlags? p3 = BindingFlags.IgnoreCase, char? p4 = 'x') => p1,
        ];
        AITool[] tools = [.. methods.Select((m, i) => AIFunctionFactory.Create(m, $"Method{i}"))];
        using var test = new TestClient(_ => "Eiffel");
        var response = await test.Client.GetResponseAsync("Which tower?", new ChatOptions { Tools = tools, MaxOutputTokens = 100 }, Stopping);
        Assert.Equal("Eiffel", response.Text);
    }

    [Fact]
    public async Task A_schema_that_cannot_be_enforced_is_refused_unless_the_function_is_not_strict()
    {
        using var test = new TestClient(_ => TestClient.Call("tag", "{\"tags\": [1, 1]}"));
        var schema = JsonElement.Parse("""{"type":"object","properties":{"tags":{"type":"array","uniqueItems":true}}}""");
        var strict = AIFunctionFactory.CreateDeclaration("tag", "Tags.", schema);
        Assert.StartsWith("tool tag: schema #/properties/tags: uniqueItems cannot be enforced",
            (await Assert.ThrowsAsync<NotSupportedException>(() => test.Client.GetResponseAsync("?", new ChatOptions { Tools = [strict] }, Stopping))).Message,
                StringComparison.Ordinal);
        var response = await test.Client.GetResponseAsync("?", new ChatOptions { Tools = [new Lenient(schema)] }, Stopping);
        Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
    }

    sealed class Lenient(JsonElement schema) : AIFunctionDeclaration
    {
        public override string Name => "tag";
        public override string Description => "Tags.";
        public override JsonElement JsonSchema => schema;
        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { ["strict"] = false };
    }
}
