using Microsoft.Extensions.AI;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;

namespace Nonet.Recipes.Evaluation;

/// <summary>Settings of requests to an endpoint.</summary>
public sealed record ChatClientOptions
{
    /// <summary>Maximum number of concurrent requests.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Maximum number of retries of a failed request.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>Time limit of an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Pause before the first retry. It doubles with each retry.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Any <see cref="IChatClient"/> as a model that can be evaluated on generation. It gives no probabilities, so tasks that need them are not possible.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="name">Name in reports.</param>
/// <param name="digest">Distinguishes the model from others: its address and name.</param>
/// <param name="chat">Whether exemplars are turns of a conversation; otherwise they are part of one message.</param>
/// <param name="options">Concurrency and retries.</param>
public sealed class ChatClientModel(IChatClient client, string name, string digest, ChatMode chat = ChatMode.Text, ChatClientOptions? options = null)
    : ITextModel
{
    readonly ChatClientOptions options = options ?? new ChatClientOptions();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Digest => digest;

    /// <inheritdoc/>
    public ChatMode Chat => chat == ChatMode.Off ? ChatMode.Text : chat;

    /// <exception cref="IOException">A request failed after all retries. Earlier answers have been reported.</exception>
    public async Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
    {
        var reporting = new Lock();
        await Parallel.ForAsync(0, requests.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = stopping },
            async (i, stopped) =>
        {
            var text = await Ask(requests[i], stopped).ConfigureAwait(false);
            lock (reporting)
                done(i, text);
        }).ConfigureAwait(false);
    }

    async Task<WrittenText> Ask(TextRequest request, CancellationToken stopping)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var timed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            timed.CancelAfter(options.Timeout);
            try
            {
                return Cut(await client.GetResponseAsync(Messages(request), Options(request), timed.Token).ConfigureAwait(false), request.Stop);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested
                && e is HttpRequestException or IOException or FormatException or OperationCanceledException)
            {
                var what = e is OperationCanceledException ? $"no answer within {options.Timeout.TotalSeconds:0.#} s" : e.Message;
                if (attempt == options.Retries
                    || e is HttpRequestException
                    {
                        StatusCode: >= System.Net.HttpStatusCode.BadRequest and < System.Net.HttpStatusCode.InternalServerError
                    and not System.Net.HttpStatusCode.TooManyRequests and not System.Net.HttpStatusCode.RequestTimeout
                    })
                    throw new IOException(
                        $"{name}: a request failed {(attempt == 0 ? "" : $"{attempt + 1} times ")}({what}); the answers so far are kept: repeat the command "
                        + "to continue", e);
                await Task.Delay(options.Pause * Math.Pow(2, attempt), stopping).ConfigureAwait(false);
            }
        }
    }

    IEnumerable<ChatMessage> Messages(TextRequest request) => request.Prompt.Messages(Chat).Select(m => new ChatMessage(new ChatRole(m.Role), m.Content));

    static ChatOptions Options(TextRequest request) => new()
    {
        MaxOutputTokens = request.MaxTokens,
        Temperature = (float)request.Temperature,
        TopK = request.TopK,
        Seed = request.Temperature == 0 ? null : (long)(request.Seed % int.MaxValue),
        StopSequences = [.. request.Stop],
    };

    /// <summary>The text up to the first stop string, for endpoints that ignore stop strings.</summary>
    static WrittenText Cut(ChatResponse response, IReadOnlyList<string> stops)
    {
        var text = response.Text;
        var end = stops.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        var reason = end >= 0 || response.FinishReason == ChatFinishReason.Stop ? "stop_text" : response.FinishReason == ChatFinishReason.Length ? "max_tokens"
            : "end_of_text";
        return new WrittenText(end < 0 ? text : text[..end], reason, null, (int?)response.Usage?.OutputTokenCount);
    }
}
