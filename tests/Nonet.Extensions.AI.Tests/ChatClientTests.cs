using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Tests;

namespace Nonet.Extensions.AI.Tests;

public class ChatClientTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_response_has_text_usage_reason_and_names()
    {
        using var test = new TestClient(_ => "The blue whale.");
        var before = DateTimeOffset.UtcNow;
        var response = await test.Client.GetResponseAsync("What's the biggest animal?", cancellationToken: Stopping);
        Assert.Equal("The blue whale.", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("scripted", response.ModelId);
        var message = Assert.Single(response.Messages);
        Assert.Equal((ChatRole.Assistant, response.ResponseId), (message.Role, message.MessageId));
        Assert.NotNull(response.ResponseId);
        Assert.InRange(response.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
        Assert.Equal((47, 16, 63, 0),
            (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount, response.Usage.CachedInputTokenCount));
        Assert.Equal(["<|user|>What's the biggest animal?<|assistant|>"], test.Prompts);
        Assert.NotEqual(response.ResponseId, (await test.Client.GetResponseAsync("?", cancellationToken: Stopping)).ResponseId);
    }

    [Fact]
    public async Task Roles_instructions_and_empty_messages_reach_the_template()
    {
        using var test = new TestClient(_ => "3");
        ChatMessage[] messages =
            [new(ChatRole.System, []), new(ChatRole.User, []), new(ChatRole.Assistant, []),
            new(ChatRole.User, [new TextContent("1"), new TextContent(" + 2?")])];
        Assert.Equal("3", (await test.Client.GetResponseAsync(messages, new ChatOptions { Instructions = "Reckon." }, Stopping)).Text);
        Assert.Equal(["<|system|>Reckon.<|user|><|assistant|><|user|>1 + 2?<|assistant|>"], test.Prompts);
        await test.Client.GetResponseAsync([new(ChatRole.System, "Be kind."), new(ChatRole.User, "Hi")], new ChatOptions { Instructions = "Reckon." },
            Stopping);
        Assert.Equal("<|system|>Reckon.\n\nBe kind.<|user|>Hi<|assistant|>", test.Prompts[1]);
    }

    [Fact]
    public async Task Text_streams_as_it_is_written()
    {
        using var test = new TestClient(_ => "One small step.", options: new EngineOptions { UnreadTokens = 1 });
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in test.Client.GetStreamingResponseAsync("Quote.", cancellationToken: Stopping))
        {
            updates.Add(update);
            if (updates.Count == 3)
                Assert.InRange(test.Counts.ComputedTokens, 1, 30); // the rest is not written yet
        }
        Assert.Equal("One small step.", string.Concat(updates.Select(u => u.Text)));
        Assert.Equal(16, updates.Count); // a byte each, and the end
        Assert.Single(updates.Select(u => u.ResponseId).Distinct());
        Assert.All(updates, u => Assert.Equal(ChatRole.Assistant, u.Role));
        Assert.All(updates[..^1], u => Assert.Null(u.FinishReason));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal(16, Assert.Single(updates.SelectMany(u => u.Contents).OfType<UsageContent>()).Details.OutputTokenCount);
        Assert.IsType<GeneratedToken>(updates[0].RawRepresentation);
        List<ChatMessage> history = [new(ChatRole.User, "Quote.")];
        history.AddMessages(updates);
        Assert.Equal("One small step.", Assert.IsType<TextContent>(Assert.Single(history[1].Contents)).Text);
    }

    [Fact]
    public async Task Options_of_sampling_have_their_effect()
    {
        using var test = new TestClient(_ => "aaaaaaaaaaaaaaaaaaaa");
        Assert.Equal("aaaa", (await test.Client.GetResponseAsync("?", new ChatOptions { MaxOutputTokens = 4 }, Stopping)).Text);
        var cut = await test.Client.GetResponseAsync("?", new ChatOptions { MaxOutputTokens = 4 }, Stopping);
        Assert.Equal(ChatFinishReason.Length, cut.FinishReason);
        Assert.StartsWith("aa", (await test.Client.GetResponseAsync("?", new ChatOptions { FrequencyPenalty = 30, MaxOutputTokens = 9 }, Stopping)).Text,
            StringComparison.Ordinal);
        Assert.NotEqual("aaaaaaaaa", (await test.Client.GetResponseAsync("?", new ChatOptions { FrequencyPenalty = 30, MaxOutputTokens = 9 }, Stopping)).Text);
        Assert.NotEqual("aaaaaaaaa", (await test.Client.GetResponseAsync("?", new ChatOptions { PresencePenalty = 200, MaxOutputTokens = 9 }, Stopping)).Text);

        async Task<string> Draw(ChatOptions options) => (await test.Client.GetResponseAsync("?", options, Stopping)).Text;
        var hot = new ChatOptions { Temperature = 1000, MaxOutputTokens = 12, Seed = 5 };
        var drawn = await Draw(hot);
        Assert.Equal(drawn, await Draw(hot.Clone()));
        Assert.NotEqual("aaaaaaaaaaaa", drawn);
        var other = hot.Clone();
        other.Seed = -6;
        Assert.NotEqual(drawn, await Draw(other));
        foreach (var narrow in new Action<ChatOptions>[] { o => o.TopK = 1, o => o.TopP = 0.001f, o => o.AdditionalProperties = new() { ["min_p"] = 1.0 } })
        {
            var options = hot.Clone();
            narrow(options);
            Assert.Equal("aaaaaaaaaaaa", await Draw(options));
        }
        var penalised = hot.Clone();
        (penalised.Temperature, penalised.AdditionalProperties) = (0, new() { ["repetition_penalty"] = JsonElement.Parse("90") });
        Assert.NotEqual("aaaaaaaaaaaa", await Draw(penalised));
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_text_before_it()
    {
        using var test = new TestClient(_ => "one two three");
        var response = await test.Client.GetResponseAsync("?", new ChatOptions { StopSequences = ["wo t", "four"] }, Stopping);
        Assert.Equal(("one t", ChatFinishReason.Stop), (response.Text, response.FinishReason));
    }

    [Fact]
    public async Task The_engines_own_options_go_through_the_factory()
    {
        using var test = new TestClient(_ => "yes");
        var options = new ChatOptions
        {
            RawRepresentationFactory = _ =>
            new GenerationOptions { Sampler = SamplerOptions.Greedy, LogProbabilities = 2, MaxTokens = 2 }
        };
        var tokens = new List<GeneratedToken>();
        await foreach (var update in test.Client.GetStreamingResponseAsync("?", options, Stopping))
        {
            if (update.RawRepresentation is GeneratedToken token)
                tokens.Add(token);
        }
        Assert.Equal(2, tokens.Count);
        Assert.All(tokens, t => Assert.Equal(2, t.Likeliest!.Count));
    }

    /// <summary>The first step lasts until all have asked: else a busy machine might serve one caller before the next has its turn.</summary>
    [Fact]
    public async Task Many_callers_share_the_engine()
    {
        TestClient? asked = null;
        using var test = asked = new TestClient(prompt =>
        {
            if (asked!.Submitted > 1)
                Assert.True(SpinWait.SpinUntil(() => asked.Submitted == 1 + 24, Eventually.Limit), $"{asked.Submitted} requests arrived");
            return prompt[^("0<|assistant|>".Length + 1)..^"<|assistant|>".Length] + " it is";
        }, options: new EngineOptions { MostSequences = 8 });
        var shared = new string('x', 200);
        await test.Client.GetResponseAsync(shared + "00", cancellationToken: Stopping);
        var steps = test.Counts.Steps;
        var answers = await Task.WhenAll(Enumerable.Range(10, 24).Select(i => test.Client.GetResponseAsync(shared + i, cancellationToken: Stopping)));
        Assert.Equal(Enumerable.Range(10, 24).Select(i => $"{i} it is"), answers.Select(a => a.Text));
        Assert.InRange(test.Counts.Steps - steps, 1, 24 * 9 / 2); // one after the other would take 24 times 9
        Assert.All(answers, a => Assert.InRange(a.Usage!.CachedInputTokenCount!.Value, 192, 209)); // three blocks of 64 at least
    }

    [Fact]
    public async Task Cancelling_ends_the_request_and_no_other()
    {
        using var test = new TestClient(prompt => prompt.Contains("long", StringComparison.Ordinal) ? new string('a', 3000) : "short");
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in test.Client.GetStreamingResponseAsync("long", cancellationToken: source.Token))
            {
                if (++seen == 3)
                    await source.CancelAsync();
            }
        });
        Assert.InRange(seen, 3, 100);
        Assert.Equal("short", (await test.Client.GetResponseAsync("?", cancellationToken: Stopping)).Text);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Client.GetResponseAsync("long", cancellationToken: new CancellationToken(true)));
        await foreach (var update in test.Client.GetStreamingResponseAsync("long", cancellationToken: Stopping))
            break; // leaving the loop frees the room
        Assert.Equal("short", (await test.Client.GetResponseAsync("?", cancellationToken: Stopping)).Text);
    }

    [Fact]
    public void Services_are_found_by_their_type()
    {
        using var test = new TestClient(_ => "");
        var client = test.Client;
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.Same(client, client.GetService<NonetChatClient>());
        Assert.Equal(("nonet", "scripted"), (client.GetService<ChatClientMetadata>()!.ProviderName, client.GetService<ChatClientMetadata>()!.DefaultModelId));
        Assert.NotNull(client.GetService<ChatModel>());
        Assert.NotNull(client.GetService<DecodingEngine>());
        Assert.Null(client.GetService<LanguageModel>()); // it was made from an engine
        Assert.Null(client.GetService<string>());
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
    }

    [Fact]
    public async Task Thoughts_are_content_of_their_own()
    {
        using var test = new TestClient(_ => "<think>hm</think>\n\nYes.", format: "thinking");
        var response = await test.Client.GetResponseAsync("?", cancellationToken: Stopping);
        Assert.Equal("Yes.", response.Text);
        Assert.Equal("hm", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.InRange(response.Usage!.ReasoningTokenCount!.Value, 2, 12);
        var silent = await test.Client.GetResponseAsync("?", new ChatOptions { Reasoning = new ReasoningOptions { Output = ReasoningOutput.None } }, Stopping);
        Assert.Empty(silent.Messages[0].Contents.OfType<TextReasoningContent>());
        await test.Client.GetResponseAsync("?", new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.None } }, Stopping);
        Assert.EndsWith("thinking False<|assistant|>", test.Prompts[^1], StringComparison.Ordinal);
        await test.Client.GetResponseAsync("?",
            new ChatOptions { AdditionalProperties = new() { ["chat_template_kwargs"] = new Dictionary<string, object?> { ["enable_thinking"] = "loud" } } },
            Stopping);
        Assert.EndsWith("thinking loud<|assistant|>", test.Prompts[^1], StringComparison.Ordinal);
    }

    public static TheoryData<string, ChatOptions> WrongOptions => new()
    {
        { "ChatOptions.Temperature is -1; expected 0 (always the likeliest token) or a finite number above", new ChatOptions { Temperature = -1 } },
        { "ChatOptions.TopP is 2; expected above 0 and at most 1", new ChatOptions { TopP = 2 } },
        { "ChatOptions.TopK is 0; expected at least 1", new ChatOptions { TopK = 0 } },
        { "ChatOptions.MaxOutputTokens is 0; expected at least 1", new ChatOptions { MaxOutputTokens = 0 } },
        { "ChatOptions.FrequencyPenalty is NaN; expected a finite number", new ChatOptions { FrequencyPenalty = float.NaN } },
        { "ChatOptions.PresencePenalty is Infinity; expected a finite number", new ChatOptions { PresencePenalty = float.PositiveInfinity } },
        { "ChatOptions.StopSequences is an empty text; expected texts of at least one character", new ChatOptions { StopSequences = [""] } },
        { "ChatOptions.ModelId is gpt-9; this client has scripted", new ChatOptions { ModelId = "gpt-9" } },
        { "ChatOptions.ConversationId is set, and this client keeps no conversations; send all messages with each request",
            new ChatOptions { ConversationId = "c" } },
        { "ChatOptions.Tools has the HostedWebSearchTool web_search, which a service would have to run; expected functions",
            new ChatOptions { Tools = [new HostedWebSearchTool()] } },
        { "the reply must call a tool, and the request has none", new ChatOptions { ToolMode = ChatToolMode.RequireAny } },
        { "ChatOptions.AdditionalProperties[\"min_p\"] is 3; expected a number from 0 to 1",
            new ChatOptions { AdditionalProperties = new() { ["min_p"] = 3 } } },
        { "ChatOptions.AdditionalProperties[\"chat_template_kwargs\"] is a Int32; expected a JSON object or a dictionary of the template's variables",
            new ChatOptions { AdditionalProperties = new() { ["chat_template_kwargs"] = 3 } } },
    };

    [Theory(DisableDiscoveryEnumeration = true), MemberData(nameof(WrongOptions))]
    public async Task An_option_that_cannot_be_met_is_named(string message, ChatOptions options)
    {
        using var test = new TestClient(_ => "");
        Assert.Equal(message, (await Assert.ThrowsAnyAsync<Exception>(() => test.Client.GetResponseAsync("?", options, Stopping))).Message);
    }

    [Fact]
    public async Task What_a_text_model_cannot_take_is_named()
    {
        using var test = new TestClient(_ => "ok");
        async Task<string> Error(params AIContent[] contents) =>
            (await Assert.ThrowsAsync<NotSupportedException>(() =>
                test.Client.GetResponseAsync([new(ChatRole.System, "Be kind."), new(ChatRole.User, contents)], cancellationToken: Stopping))).Message;
        const string Expected = "; this model reads text: expected TextContent, text in DataContent, FunctionCallContent or FunctionResultContent";
        Assert.Equal("message 1 (user) has DataContent of image/png" + Expected,
            await Error(new TextContent("?"), new DataContent(new byte[] { 1 }, "image/png")));
        Assert.Equal("message 1 (user) has UriContent of image/*" + Expected, await Error(new UriContent("https://example.org/a", "image/*")));
        Assert.Equal("message 1 (user) has HostedFileContent" + Expected, await Error(new HostedFileContent("f")));
        await test.Client.GetResponseAsync(new ChatMessage(ChatRole.User, [new DataContent(Encoding.UTF8.GetBytes("read me"), "text/plain")]),
            cancellationToken: Stopping);
        Assert.Equal("<|user|>read me<|assistant|>", test.Prompts[^1]);
        Assert.Contains("the conversation has no message; expected at least one",
            (await Assert.ThrowsAsync<ArgumentException>(() => test.Client.GetResponseAsync([], cancellationToken: Stopping))).Message,
            StringComparison.Ordinal);
        Assert.Contains("the prompt has 9021 tokens, more than the model's context of 8192",
            (await Assert.ThrowsAsync<ArgumentException>(() => test.Client.GetResponseAsync(new string('x', 9000), cancellationToken: Stopping))).Message,
            StringComparison.Ordinal);
    }
}
