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

    public static async Task<LlamaServer> Start(Peer peer, CancellationToken stopping)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var server = new LlamaServer(
            peer.Start("llama-server", "-m", $"{peer.Inside}/model.gguf", "--port", $"{port}", "-t", "2", "-c", "128", "-np", "1", "--no-warmup", "-fa", "off",
            "-ctk", "f32", "-ctv", "f32"), port);
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
        var answer = await client.PostAsJsonAsync("/completion",
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
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stopping));
        Assert.True(json.RootElement.TryGetProperty("completion_probabilities", out var steps), json.RootElement.GetRawText());
        return [.. steps.EnumerateArray().Select(step => (step.GetProperty("id").GetInt32(),
            step.GetProperty("top_logprobs").EnumerateArray().Select(p => (p.GetProperty("id").GetInt32(), p.GetProperty("logprob").GetDouble())).ToList()))];
    }

    /// <summary>Ids of a text, with the marks that the file asks for.</summary>
    public async Task<int[]> Tokenize(string text, CancellationToken stopping)
    {
        var answer = await client.PostAsJsonAsync("/tokenize", new { content = text, add_special = true, parse_special = false }, stopping);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stopping));
        return [.. json.RootElement.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32())];
    }

    public void Dispose()
    {
        client.Dispose();
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }
}
