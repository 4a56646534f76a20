using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Nonet.Server.Ranking.Store;

namespace Nonet.Server.Tests.Ranking;

public class KilledServerTests(ITestOutputHelper output)
{
    const int Labellers = 20, Tasks = 25, Kills = 4;

    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <summary>Each labeller saves drafts, submits every task, and repeats a request under its id until it is confirmed, as the page does.</summary>
    [Fact]
    public async Task Twenty_labellers_at_once_lose_and_double_nothing_when_the_server_is_killed_and_restarted()
    {
        using var folder = new TemporaryFolder();
        var prompts = folder.Add("prompts.jsonl", string.Concat(Enumerable.Range(0, Tasks).Select(i =>
            JsonSerializer.Serialize(new { prompt = $"prompt {i}", answers = new[] { "a", "b", "c", "d" } }) + "\n")));
        string[] args = ["--prompts", prompts, "--store", folder["rankings.db"], "--port", $"{FreePort()}", "--overlap", $"{Labellers}"];
        var server = await RankProcess.Start(args);
        var links = new List<string>();
        using (var owner = await Client.OfLink(server.OwnerLink))
        {
            for (var i = 0; i < Labellers; i++)
                links.Add(await owner.Invite($"labeller {i:00}"));
        }
        var confirmed = new ConcurrentDictionary<(string Labeller, string Task), int[]>();
        var (repeats, done) = (0, 0);
        var clients = await Task.WhenAll(links.Select(Client.OfLink)); // before any kill: joining is not repeated
        var work = clients.Select((labeller, i) => Task.Run(async () =>
        {
            using var client = labeller;
            var random = new Random(i);
            while (true)
            {
                var reply = await Persistently(() => client.Get("api/task"));
                if (reply.GetProperty("task") is not { ValueKind: JsonValueKind.Object } task)
                {
                    if (!reply.GetProperty("preparing").GetBoolean())
                        return;
                    await Task.Delay(10, Stopping); // the server still adds tasks
                    continue;
                }
                var (id, revision) = (task.GetProperty("id").GetString()!, task.GetProperty("revision").GetInt64());
                var answers = task.GetProperty("answers").EnumerateArray().Select(a => a.GetString()!).ToArray();
                var ranks = new[] { 1, 2, 3, 4 };
                foreach (var state in new[] { "draft", "done" })
                {
                    random.Shuffle(ranks);
                    var body = new
                    {
                        submission = Guid.NewGuid().ToString(),
                        revision,
                        state,
                        ranks,
                        scores = new int?[4],
                        flags = new string[4][].Select(_ => Array.Empty<string>())
                    };
                    revision = (await Persistently(() => client.Post($"api/task/{id}", body))).GetProperty("revision").GetInt64();
                }
                Assert.True(confirmed.TryAdd(($"labeller {i:00}", task.GetProperty("prompt").GetString()!),
                    [.. ranks.Zip(answers).OrderBy(p => p.Second).Select(p => p.First)]));
                Interlocked.Increment(ref done);
            }
        }, Stopping)).ToArray();
        for (var kill = 1; kill <= Kills; kill++)
        {
            await Eventually.Holds(() => Volatile.Read(ref done) >= kill * Labellers * Tasks / (Kills + 1) || work.Any(w => w.IsFaulted));
            await server.Kill();
            server.Dispose();
            server = await RankProcess.Start(args);
        }
        await Task.WhenAll(work);
        server.Dispose();

        await using var store = await RankingStore.OpenAsync(folder["rankings.db"], stopping: Stopping);
        var stored = await store.Judgements(stopping: Stopping);
        Assert.Equal(Labellers * Tasks, stored.Count);
        Assert.Equal(Labellers * Tasks, confirmed.Count);
        Assert.All(stored, j => Assert.Equal(confirmed[(j.Labeller, j.Task.Prompt)].Select(r => (int?)r), j.Judgement.Ranks));
        output.WriteLine($"{stored.Count} rankings of {Labellers} labellers, {Kills} kills, {repeats} requests repeated");
        Assert.True(repeats > 0, "the server was never killed while somebody waited");

        async Task<JsonElement> Persistently(Func<Task<HttpResponseMessage>> request)
        {
            while (true)
            {
                try
                {
                    var reply = await request();
                    if (reply.StatusCode == HttpStatusCode.OK)
                        return await reply.Content.ReadFromJsonAsync<JsonElement>(Stopping);
                    Assert.True(reply.StatusCode == HttpStatusCode.ServiceUnavailable,
                        $"{reply.StatusCode}: {await reply.Content.ReadAsStringAsync(Stopping)}");
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    // the server was killed
                }
                Interlocked.Increment(ref repeats);
                await Task.Delay(50, Stopping);
            }
        }
    }

    /// <summary>A port below those that the system gives to connections: one of these could else take it while the server is down.</summary>
    static int FreePort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(20_000, 32_000));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // another one is tried
            }
        }
    }
}
