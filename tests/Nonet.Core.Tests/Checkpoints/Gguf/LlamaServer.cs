using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Nonet.Tests.Checkpoints.Gguf;

/// <summary>A server of llama.cpp over model.gguf in a peer's folder.</summary>
sealed class LlamaServer : IDisposable
{
    readonly System.Diagnostics.Process process;
    readonly HttpClient client;

    LlamaServer(System.Diagnostics.Process process, int port) =>
        (this.process, client) = (process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Eventually.Limit });

    /// <param name="peer">Its folder has the file.</param>
    /// <param name="stopping">Stops waiting.</param>
    /// <param name="context">Most tokens of a prompt and its answer.</param>
    public static async Task<LlamaServer> Start(Peer peer, CancellationToken stopping, int context = 128)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var server = new LlamaServer(
            peer.Start("llama-server", "-m", $"{peer.Inside}/model.gguf", "--port", $"{port}", "-t", "2", "-c", $"{context}", "-np", "1", "--no-warmup",
            "-fa", "off", "-ctk", "f32", "-ctv", "f32"), port);
        await Eventually.Holds(() => server.IsUp(stopping));
        return server;
    }

    async Task<bool> IsUp(CancellationToken stopping)
    {
        Assert.False(process.HasExited, "llama-server ended");
        try
        {
            return (await client.GetAsync("/health", stopping)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    public async Task<List<(int Id, List<(int, double)> LogProbabilities)>> Complete(int[] ids, CancellationToken stopping)
    {
        using var json = await Post("/completion",
            new
            {
                prompt = ids,
                n_predict = 32,
                temperature = 0.0,
                n_probs = 400,
                ignore_eos = false,
                cache_prompt = false,
                samplers = new[] { "temperature" }
            }, stopping);
        Assert.True(json.RootElement.TryGetProperty("completion_probabilities", out var steps), json.RootElement.GetRawText());
        return [.. steps.EnumerateArray().Select(step => (step.GetProperty("id").GetInt32(),
            step.GetProperty("top_logprobs").EnumerateArray().Select(p => (p.GetProperty("id").GetInt32(), p.GetProperty("logprob").GetDouble())).ToList()))];
    }

    /// <summary>Ids of a text, with the marks that the file asks for.</summary>
    public Task<int[]> Tokenize(string text, CancellationToken stopping) => Tokenize(text, isPrompt: false, stopping);

    /// <summary>Ids of the text that a template made: marks in it are tokens, and none is added.</summary>
    public Task<int[]> TokenizePrompt(string text, CancellationToken stopping) => Tokenize(text, isPrompt: true, stopping);

    async Task<int[]> Tokenize(string text, bool isPrompt, CancellationToken stopping)
    {
        using var json = await Post("/tokenize", new { content = text, add_special = !isPrompt, parse_special = isPrompt }, stopping);
        return [.. json.RootElement.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32())];
    }

    /// <summary>The text that the file's template makes of a conversation, ready for an answer.</summary>
    public async Task<string> ApplyTemplate(object[] messages, CancellationToken stopping)
    {
        using var json = await Post("/apply-template", new { messages }, stopping);
        return json.RootElement.GetProperty("prompt").GetString()!;
    }

    /// <summary>The likeliest answer to a conversation, and why it ended: "stop" at an end token, or "length".</summary>
    public async Task<(string Text, string Finish)> Chat(object[] messages, int most, CancellationToken stopping)
    {
        using var json = await Post("/v1/chat/completions", new { messages, temperature = 0.0, max_tokens = most }, stopping);
        var choice = json.RootElement.GetProperty("choices")[0];
        return (choice.GetProperty("message").GetProperty("content").GetString()!, choice.GetProperty("finish_reason").GetString()!);
    }

    async Task<JsonDocument> Post(string path, object body, CancellationToken stopping)
    {
        using var answer = await client.PostAsJsonAsync(path, body, stopping);
        var text = await answer.Content.ReadAsStringAsync(stopping);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text);
    }

    public void Dispose()
    {
        client.Dispose();
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }
}
