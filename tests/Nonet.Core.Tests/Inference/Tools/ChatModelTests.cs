using System.Text;
using System.Text.Json;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Inference.Tools;
using Nonet.Tests.Goldens;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Tests.Inference.Tools;

public class ChatModelTests
{
    static readonly string[] marks =
    [
        "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<|tool_call|>", "<|python_tag|>", "<|end|>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>",
        "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>",
    ];

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    sealed record Result(string Text, string Thoughts, string[] Calls, StopReason? Stop, string Incomplete, int Tokens);

    static async Task<Result> Ask(string format, string wants, ChatRequest request, Tokenizer? tokenizer = null, string? template = null)
    {
        tokenizer ??= SpecialTokens.Of(marks);
        using var engine = new DecodingEngine(new ScriptedModel(tokenizer, ToolTemplates.Reply, _ => wants), tokenizer);
        var chat = new ChatModel(engine, tokenizer, ChatTemplate.Parse(template ?? ToolTemplates.Of(format)),
            new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 300, StopTokens = tokenizer.IdOf("<|end|>") is { } end ? [end] : [] });
        var reply = chat.Generate(request, Stopping);
        var (text, thoughts, calls) = (new StringBuilder(), new StringBuilder(), new List<string>());
        await foreach (var piece in reply.WithCancellation(Stopping))
        {
            text.Append(piece.Text);
            thoughts.Append(piece.Reasoning);
            if (piece.Call is { } call)
                calls.Add($"{call.Name} {Plain(call.Arguments.GetRawText())}");
        }
        Assert.Equal(calls.Count, reply.Calls);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reply.GetAsyncEnumerator(Stopping).MoveNextAsync());
        return new Result(text.ToString(), thoughts.ToString(), [.. calls], reply.Stop, reply.IncompleteCall, reply.NewTokens);
    }

    /// <summary>With one space after commas and colons: formats without JSON have none of their own.</summary>
    static string Plain(string json) => json.Contains(": ", StringComparison.Ordinal) ? json : ToolCallWriter.JsonOf(JsonElement.Parse(json));

    static ChatRequest With(params ChatTool[] tools) => new() { Messages = [ChatMessage.User("Hi")], Tools = tools };

    static string Call(string format, string name, string arguments) => format switch
    {
        "llama3" => $"{{\"name\": \"{name}\", \"parameters\": {arguments}}}",
        "mistral" => $"[TOOL_CALLS] [{{\"name\": \"{name}\", \"arguments\": {arguments}}}]",
        "mistral-args" => $"[TOOL_CALLS]{name}[ARGS]{arguments}",
        "granite" => $"<|tool_call|>[{{\"name\": \"{name}\", \"arguments\": {arguments}}}]",
        "qwen3-coder" or "glm" or "deepseek" or "deepseek-args" => ToolCallFormat.All.Single(f => f.Name == format)
            .Write([new ChatToolCall(name, JsonElement.Parse(arguments), null)]),
        _ => $"<tool_call>\n{{\"name\": \"{name}\", \"arguments\": {arguments}}}\n</tool_call>",
    };

    public static TheoryData<string> Formats => [.. ToolCallFormat.All.Select(f => f.Name)];

    [Theory, MemberData(nameof(Formats))]
    public async Task A_model_that_calls_rightly_is_not_disturbed(string format)
    {
        var before = format == "llama3" ? "" : "Sure. ";
        var result = await Ask(format, before + Call(format, "get_weather", "{\"city\": \"Rome\", \"days\": 3}"),
            With(ToolTemplates.Clock, ToolTemplates.Weather));
        Assert.Equal((before.TrimEnd(), "get_weather {\"city\": \"Rome\", \"days\": 3}"), (result.Text, Assert.Single(result.Calls)));
        Assert.Equal("", result.Incomplete);
    }

    [Theory, MemberData(nameof(Formats))]
    public async Task Once_the_mark_is_written_the_arguments_fit_the_schema(string format)
    {
        var result = await Ask(format, Call(format, "get_whether", "{\"town\": \"Berlin\", \"days\": 77}"), With(ToolTemplates.Weather));
        Assert.NotEmpty(result.Calls); // one, unless the format lets another begin where the script does not know on
        Assert.All(result.Calls, call =>
            Assert.Matches("^get_weather \\{\\s*\"city\"\\s*:\\s*\"(Paris|Rome)\"(\\s*,\\s*\"days\"\\s*:\\s*[1-9])?\\s*\\}$", call));
    }

    [Theory, MemberData(nameof(Formats))]
    public async Task Text_without_a_call_is_free(string format)
    {
        foreach (var wants in new[] { "I do not know {[<tool>]} \"name\"", "" })
        {
            var result = await Ask(format, wants, With(ToolTemplates.Weather));
            Assert.Equal((wants, 0, StopReason.EndOfText), (result.Text, result.Calls.Length, result.Stop));
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public async Task A_call_can_be_required_or_forbidden(string format)
    {
        var required = await Ask(format, "I would rather not.", With(ToolTemplates.Weather, ToolTemplates.Clock) with { ToolChoice = ToolChoice.Required });
        Assert.Equal("", required.Text);
        Assert.NotEmpty(required.Calls);
        var specific = await Ask(format, Call(format, "get_weather", "{}"),
            With(ToolTemplates.Weather, ToolTemplates.Clock) with { ToolChoice = ToolChoice.Tool("get_time") });
        Assert.NotEmpty(specific.Calls);
        Assert.All(specific.Calls, call =>
            Assert.Equal("get_time {}", call.Replace(" }", "}", StringComparison.Ordinal).Replace("{ ", "{", StringComparison.Ordinal)));
        var forbidden = await Ask(format, "No: " + Call(format, "get_time", "{}"),
            With(ToolTemplates.Clock) with
            {
                ToolChoice = ToolChoice.None,
                Options = new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 60 }
            });
        Assert.Empty(forbidden.Calls);
        Assert.StartsWith("No:", forbidden.Text, StringComparison.Ordinal);
    }

    public static TheoryData<string> Tokenizers => ["special", "added", "bpe-qwen2", "llama", "mistral", "gemma", "unigram-bytes"];

    /// <summary>The marks are special tokens, or tokens of text, or many tokens; words begin with a space or not.</summary>
    [Theory, MemberData(nameof(Tokenizers))]
    public async Task Calls_of_any_tokenizer(string name)
    {
        using var folder = new TemporaryFolder();
        if (name is not ("special" or "added"))
            folder.Add("tokenizer.json", Golden.Unpacked($"tokenizers/{name}/tokenizer.json.gz"));
        var tokenizer = name is "special" or "added" ? SpecialTokens.With(name == "special", "<tool_call>", "</tool_call>") : Tokenizer.Load(folder.Path);
        var wants = "It is so. " + Call("hermes", "get_weather", "{\"city\": \"Rome\", \"days\": 3}") + "\n" + Call("hermes", "get_time", "{}");
        var result = await Ask("hermes", wants, With(ToolTemplates.Clock, ToolTemplates.Weather), tokenizer);
        Assert.Equal("It is so.", result.Text);
        Assert.Equal(["get_weather {\"city\": \"Rome\", \"days\": 3}", "get_time {}"], result.Calls);
        var forced = await Ask("hermes", "It is so. " + Call("hermes", "get_whether", "{}"), With(ToolTemplates.Weather), tokenizer);
        Assert.StartsWith("get_weather {", Assert.Single(forced.Calls), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hermes"), InlineData("mistral"), InlineData("mistral-args"), InlineData("granite"), InlineData("plain")]
    [InlineData("qwen3-coder"), InlineData("glm")]
    public async Task Several_calls_only_if_they_are_allowed(string format)
    {
        var one = Call(format, "get_weather", "{\"city\": \"Rome\"}");
        var two = one.EndsWith(']')
            ? $"{one[..^1]}, {one[(one.IndexOf('[', 1) is var at && at > 0 ? at + 1 : one.IndexOf('[', StringComparison.Ordinal) + 1)..]}" : one + "\n" + one;
        Assert.Equal(2, (await Ask(format, two, With(ToolTemplates.Weather))).Calls.Length);
        var single = await Ask(format, two, With(ToolTemplates.Weather) with { AllowsSeveralCalls = false });
        Assert.Single(single.Calls);
        Assert.Equal(StopReason.Complete, single.Stop);
    }

    /// <summary>Keywords of texts hold where texts have no quotes, and a text cannot contain the mark that ends it.</summary>
    [Theory, InlineData("qwen3-coder"), InlineData("glm")]
    public async Task Parameters_without_quotes_fit_their_schemas(string format)
    {
        var tool = new ChatTool("save", "Saves.", JsonElement.Parse("""
            {"type":"object","properties":{"code":{"type":"string","pattern":"^[A-Z]{3}$"},"text":{"type":"string","maxLength":12},
             "tags":{"type":"array","items":{"enum":["a","b"]},"maxItems":2},"of":{"type":["integer","null"]}},"required":["code","text","tags","of"]}
            """));
        var rightly = """{"code": "ABC", "text": "x <y> \"z\"", "tags": ["b"], "of": null}""";
        Assert.Equal($"save {rightly}", Assert.Single((await Ask(format, Call(format, "save", rightly), With(tool))).Calls));
        var wrongly = Assert.Single(
            (await Ask(format, Call(format, "save", """{"code": "abcd", "text": "1234567890abcdef", "tags": ["c", 1], "of": "x"}"""), With(tool))).Calls);
        var made = JsonElement.Parse(wrongly["save ".Length..]);
        Assert.Matches("^[A-Z]{3}$", made.GetProperty("code").GetString());
        Assert.True(made.GetProperty("text").GetString()!.Length <= 12);
        Assert.All(made.GetProperty("tags").EnumerateArray(), tag => Assert.Contains(tag.GetString(), new[] { "a", "b" }));
        Assert.Contains(made.GetProperty("of").ValueKind, new[] { JsonValueKind.Number, JsonValueKind.Null });
        var free = tool with { IsStrict = false };
        Assert.Equal("save {\"any\": [1, \"two\"], \"other\": \"three\"}",
            Assert.Single((await Ask(format, Call(format, "save", """{"any": [1, "two"], "other": "three"}"""), With(free))).Calls));
    }

    /// <summary>A string of an array may contain the mark that ends the parameter. A text beside arrays never looks like one that is not closed.</summary>
    [Theory, InlineData("qwen3-coder", "</parameter>"), InlineData("glm", "</arg_value>")]
    public async Task Arrays_may_contain_the_mark(string format, string mark)
    {
        var tool = new ChatTool("save", "Saves.", JsonElement.Parse("""
            {"type":"object","properties":{"tags":{"type":"array","items":{"type":"string"}},"any":{"type":["string","array"]}},"required":["tags","any"]}
            """));
        var tokenizer = SpecialTokens.Of("<|end|>"); // the marks are text: a special token is no part of a string
        foreach (var any in new[] { "\"[1] x\"", $"[\"{mark}\"]", "\"a [\\\"\"", "\"[\\\"a\\\" b\"" })
        {
            var rightly = $"{{\"tags\": [\"a{mark}b\", \"\\\"{mark}\"], \"any\": {any}}}";
            var call = Assert.Single((await Ask(format, Call(format, "save", rightly), With(tool), tokenizer)).Calls);
            Assert.Equal($"save {Unescaped(rightly)}", Unescaped(call));
        }
        // GLM writes no line break before the mark: after a text that looks like an open string, the mark is a part of that string.
        var open = Assert.Single((await Ask(format, Call(format, "save", """{"tags": [], "any": "[\"a"}"""), With(tool), tokenizer)).Calls);
        var made = JsonElement.Parse(open["save ".Length..]).GetProperty("any");
        Assert.Equal(format == "glm" ? "a" + mark : "[\"a", made.ValueKind == JsonValueKind.Array ? made[0].GetString() : made.GetString());

        static string Unescaped(string json) => json.Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_and_tools_go_together()
    {
        var request = With(ToolTemplates.Clock) with
        {
            Schema = """{"type":"object","properties":{"answer":{"type":"integer"}},"required":["answer"],"additionalProperties":false}"""
        };
        Assert.Equal("{\"answer\": 42}", (await Ask("hermes", "{\"answer\": 42}", request)).Text);
        Assert.Equal("get_time {}", Assert.Single((await Ask("hermes", Call("hermes", "get_time", "{}"), request)).Calls));
        using var json = JsonDocument.Parse((await Ask("hermes", "It is 42.", request)).Text);
        Assert.Equal(JsonValueKind.Number, json.RootElement.GetProperty("answer").ValueKind);
    }

    [Fact]
    public async Task Thoughts_are_free_and_may_name_the_marks()
    {
        var template = ToolTemplates.Hermes + "{# <think> #}";
        var result = await Ask("hermes", "<think>I could <tool_call> it</think>\n\n" + Call("hermes", "get_time", "{}"),
            With(ToolTemplates.Clock) with { ToolChoice = ToolChoice.Required }, template: template);
        Assert.Equal(("I could <tool_call> it", "", "get_time {}"), (result.Thoughts, result.Text, Assert.Single(result.Calls)));
        var opened = await Ask("hermes", "<think>\nhm</think>\nYes", With(ToolTemplates.Clock), template: ToolTemplates.Hermes + "<think>\n");
        Assert.Equal(("hm", "Yes"), (opened.Thoughts.Trim(), opened.Text));
    }

    [Fact]
    public async Task A_stop_text_ends_text_and_no_call()
    {
        var request = With(ToolTemplates.Weather) with { Options = new GenerationOptions { Sampler = SamplerOptions.Greedy, StopTexts = ["Rome"] } };
        var call = await Ask("hermes", "Go. " + Call("hermes", "get_weather", "{\"city\": \"Rome\"}"), request);
        Assert.Equal(("Go.", 1), (call.Text, call.Calls.Length));
        var text = await Ask("hermes", "All ways lead to Rome.", request);
        Assert.Equal(("All ways lead to ", StopReason.StopText), (text.Text, text.Stop));
    }

    [Fact]
    public async Task A_call_that_the_limit_cuts_off_is_told()
    {
        var request = With(ToolTemplates.Weather) with { Options = new GenerationOptions { Sampler = SamplerOptions.Greedy, MaxTokens = 30 } };
        var result = await Ask("hermes", Call("hermes", "get_weather", "{\"city\": \"Rome\"}"), request);
        Assert.Equal((StopReason.MaxTokens, 0, "<tool_call>\n{\"name\": \"get_weat"), (result.Stop, result.Calls.Length, result.Incomplete));
    }

    [Fact]
    public async Task A_special_token_is_no_part_of_an_argument()
    {
        var tool = new ChatTool("say", "Says it.", JsonElement.Parse("""{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}"""));
        var result = await Ask("mistral", Call("mistral", "say", "{\"text\": \"a<|end|>b\"}"), With(tool));
        Assert.DoesNotContain("<|end|>", Assert.Single(result.Calls), StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_match_no_text_of_any_schema()
    {
        var tokenizer = SpecialTokens.Of(marks);
        var mask = new TokenMask(tokenizer.Vocab);
        foreach (var schema in new[] { "{}", """{"type":"string","not":{"const":"a"}}""", """{"type":"string","pattern":"^[^a]*$"}""" })
        {
            var constraint = StructuredText.JsonSchema(schema, TokenVocabulary.Of(tokenizer)).Fork();
            constraint.Accept('"');
            constraint.Fill(mask);
            Assert.True(mask.Contains('b'));
            Assert.DoesNotContain(marks, name => mask.Contains(tokenizer.IdOf(name)!.Value));
        }
    }

    [Fact]
    public async Task Requests_that_cannot_be_met_are_refused_by_name()
    {
        var unenforceable = ToolTemplates.Clock with
        {
            Parameters = JsonElement.Parse("""{"type":"object","properties":{"tags":{"type":"array","uniqueItems":true}}}""")
        };
        Assert.Equal("tool get_time: schema #/properties/tags: uniqueItems cannot be enforced: whether an item came before is not known to a grammar",
            (await Assert.ThrowsAsync<NotSupportedException>(() => Ask("hermes", "", With(unenforceable)))).Message);
        Assert.Single((await Ask("hermes", Call("hermes", "get_time", "{\"tags\": [1, 1]}"), With(unenforceable with { IsStrict = false }))).Calls);
        Assert.Equal("the reply must call the tool get_thyme; expected it among the 1 tools of the request",
            (await Assert.ThrowsAsync<ArgumentException>(() => Ask("hermes", "", With(ToolTemplates.Clock) with { ToolChoice = ToolChoice.Tool("get_thyme") })))
                .Message);
        Assert.Equal("the reply must call a tool, and the request has none",
            (await Assert.ThrowsAsync<ArgumentException>(() => Ask("hermes", "", With() with { ToolChoice = ToolChoice.Required }))).Message);
        Assert.Contains("the response format: the schema is not JSON",
            (await Assert.ThrowsAsync<InvalidDataException>(() => Ask("hermes", "", With() with { Schema = "{" }))).Message, StringComparison.Ordinal);
    }
}
