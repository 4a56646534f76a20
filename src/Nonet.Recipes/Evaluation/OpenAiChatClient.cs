using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Nonet.Recipes.Evaluation;

/// <summary>A client for the chat completions of an OpenAI-compatible endpoint. It supports what evaluation needs: text in, text out.</summary>
public sealed class OpenAiChatClient : IChatClient
{
    const int MostAnswer = 16 << 20, Shown = 200;

    readonly HttpClient http;
    readonly Uri address;
    readonly string model;

    /// <param name="endpoint">The address before /chat/completions, such as http://localhost:8080/v1.</param>
    /// <param name="model">Name of the model at the endpoint.</param>
    /// <param name="key">API key, sent as a bearer token; null: none.</param>
    public OpenAiChatClient(Uri endpoint, string model, string? key = null)
    {
        (address, this.model) = (new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/chat/completions"), model);
        http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostAnswer };
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        using var content = new StringContent(Body(messages, options).ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(address, content, cancellationToken).ConfigureAwait(false);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{address} answered {(int)answer.StatusCode}: {Short(body)}", null, answer.StatusCode);
        return Parse(body);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
            yield return update;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    JsonObject Body(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray([.. messages.Select(m => (JsonNode)new JsonObject { ["role"] = m.Role.Value, ["content"] = m.Text })]),
        };
        if (options?.MaxOutputTokens is { } most)
            body["max_tokens"] = most;
        if (options?.Temperature is { } temperature)
            body["temperature"] = temperature;
        if (options?.TopK is { } k)
            body["top_k"] = k;
        if (options?.Seed is { } seed)
            body["seed"] = seed;
        if (options?.StopSequences is { Count: > 0 } stops)
            body["stop"] = new JsonArray([.. stops.Select(s => (JsonNode)s)]);
        return body;
    }

    ChatResponse Parse(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var choice = document.RootElement.GetProperty("choices")[0];
            var text = choice.GetProperty("message").GetProperty("content") is { ValueKind: JsonValueKind.String } content ? content.GetString()! : "";
            var usage = document.RootElement.TryGetProperty("usage", out var u) && u.ValueKind == JsonValueKind.Object
                && u.TryGetProperty("completion_tokens", out var n) && n.TryGetInt64(out var tokens) ? tokens : (long?)null;
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, text))
            {
                FinishReason = choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String
                    ? new ChatFinishReason(reason.GetString()!) : null,
                Usage = usage is null ? null : new UsageDetails { OutputTokenCount = usage },
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new FormatException($"{address} answered '{Short(body)}'; expected a JSON object with choices[0].message.content", e);
        }
    }

    static string Short(string text) => text.Length <= Shown ? text.Trim() : text[..Shown].Trim() + "...";
}
