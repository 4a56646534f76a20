using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nonet.Data.Preferences;
using Nonet.Server.Ranking;

namespace Nonet.Server.Tests.Ranking;

public class ServerTests
{
    static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_labeller_ranks_in_a_blind_order_and_the_owner_sees_it()
    {
        await using var run = await ServerUnderTest.Start();
        using var owner = await Client.OfLink(run.Server.OwnerLink.ToString());
        using var anna = await Client.OfLink(await owner.Invite("anna"));
        using var ben = await Client.OfLink(await owner.Invite("ben"));
        foreach (var client in new[] { anna, ben })
        {
            for (var tasks = 0; tasks < 2; tasks++)
            {
                var task = (await client.Json("api/task")).GetProperty("task");
                var answers = task.GetProperty("answers").EnumerateArray().Select(a => a.GetString()!).ToList();
                Assert.False(task.TryGetProperty("sources", out _));
                int[] ranks = [.. answers.Select(a => answers.Order(StringComparer.Ordinal).ToList().IndexOf(a) + 1)]; // by the alphabet
                var saved = await client.Post($"api/task/{task.GetProperty("id").GetString()}", Body("done", ranks));
                Assert.Equal(HttpStatusCode.OK, saved.StatusCode);
            }
            Assert.Equal(JsonValueKind.Null, (await client.Json("api/task")).GetProperty("task").ValueKind);
        }
        var stored = await run.Store.Judgements(stopping: Stopping);
        Assert.Equal(4, stored.Count);
        Assert.All(stored, j => Assert.Equal([1, 2, 3, 4], j.Judgement.Ranks)); // the answers of each prompt are written in alphabetical order
        var state = await owner.Json("api/owner/state");
        Assert.Equal(4, state.GetProperty("ranked").GetInt32());
        Assert.Equal(1.0, state.GetProperty("agreement").GetProperty("value").GetDouble());
        Assert.Equal(12, state.GetProperty("agreement").GetProperty("pairs").GetInt32());
        Assert.Equal(JsonValueKind.Null, state.GetProperty("preparation").ValueKind);
    }

    [Fact]
    public async Task Only_the_owner_and_labellers_are_let_in()
    {
        await using var run = await ServerUnderTest.Start();
        using var owner = await Client.OfLink(run.Server.OwnerLink.ToString());
        using var anna = await Client.OfLink(await owner.Invite("anna"));
        using var stranger = new Client(run.Server.Url);
        foreach (var (client, path) in new[] { (stranger, "api/task"), (owner, "api/task"), (stranger, "api/owner/state"), (anna, "api/owner/state") })
            Assert.Equal(HttpStatusCode.Forbidden, (await client.Get(path)).StatusCode);
        foreach (var path in new[] { "api/owner/invite", "api/owner/revoke", "api/owner/allow" })
            Assert.Equal(HttpStatusCode.Forbidden, (await anna.Post(path, new { name = "x", days = 1 })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.Post("api/owner/join", new { token = Secret.Create() })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.Post("api/join", new { token = Secret.Create() })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await anna.Post("api/task/0123", Body("done", 1, 2, 3, 4))).StatusCode);
    }

    [Fact]
    public async Task Requests_of_other_sites_and_malformed_ones_are_refused()
    {
        await using var run = await ServerUnderTest.Start();
        using var owner = await Client.OfLink(run.Server.OwnerLink.ToString());
        using var anna = await Client.OfLink(await owner.Invite("anna"));
        var id = (await anna.Json("api/task")).GetProperty("task").GetProperty("id").GetString();
        async Task<HttpStatusCode> Send(string content, string type = "application/json", params (string Name, string Value)[] headers)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"api/task/{id}") { Content = new StringContent(content, Encoding.UTF8, type) };
            foreach (var (name, value) in headers)
                request.Headers.Add(name, value);
            return (await anna.Send(request)).StatusCode;
        }
        var good = JsonSerializer.Serialize(Body("draft", 1, 2, 3, 4));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(good, headers: ("Origin", "https://evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(good, headers: ("Origin", "null")));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(good, headers: ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(good, headers: ("Sec-Fetch-Site", "same-site")));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await Send(good, "text/plain"));
        foreach (var bad in new[] { "", "null", "[]", "{", "{}", good.Replace("\"draft\"", "\"gone\"", StringComparison.Ordinal),
            good.Replace("\"ranks\":[1,2,3,4]", "\"ranks\":null", StringComparison.Ordinal), good.Replace("[1,2,3,4]", "[1,2,3]", StringComparison.Ordinal),
            good.Replace("[1,2,3,4]", "[1,2,3,\"x\"]", StringComparison.Ordinal), good.Replace("[[],", "[null,", StringComparison.Ordinal),
            good.Replace("{", "{\"more\":1,", StringComparison.Ordinal) })
            Assert.Equal(HttpStatusCode.BadRequest, await Send(bad));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await Send(good + new string(' ', 300_000)));
        Assert.Equal(HttpStatusCode.OK, await Send(good, headers: ("Origin", run.Server.Url.GetLeftPart(UriPartial.Authority))));
        Assert.Empty(run.Log);
    }

    [Fact]
    public async Task Pages_forbid_scripts_of_others_and_cookies_are_out_of_reach()
    {
        await using var run = await ServerUnderTest.Start();
        using var owner = await Client.OfLink(run.Server.OwnerLink.ToString());
        var link = await owner.Invite("anna");
        foreach (var path in new[] { "", "join", "owner", "owner/join", "rank.css", "labeller.js", "owner.js", "join.js", "saver.js", "drag.js", "places.js",
            "requests.js", "favicon.svg", "api/task", "api/owner/state", "nowhere" })
        {
            var reply = await owner.Get(path);
            Assert.Equal(path is "nowhere" ? HttpStatusCode.NotFound : path is "api/task" ? HttpStatusCode.Forbidden : HttpStatusCode.OK, reply.StatusCode);
            Assert.Contains("default-src 'none'; script-src 'self'", reply.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("no-referrer", reply.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("nosniff", reply.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.DoesNotContain(" style=", await reply.Content.ReadAsStringAsync(Stopping), StringComparison.Ordinal);
        }
        using var stranger = new Client(run.Server.Url);
        var joined = await stranger.Post("api/join", new { token = new Uri(link).Fragment[1..] });
        var cookie = joined.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("samesite=strict", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal);
        await using var behindProxy = await ServerUnderTest.Start(o => o with { PublicUrl = new Uri("https://rank.example.org") });
        Assert.StartsWith("https://rank.example.org/owner/join#", behindProxy.Server.OwnerLink.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_database_is_told_and_found_again()
    {
        await using var run = await ServerUnderTest.Start();
        using var owner = await Client.OfLink(run.Server.OwnerLink.ToString());
        using var anna = await Client.OfLink(await owner.Invite("anna"));
        var id = (await anna.Json("api/task")).GetProperty("task").GetProperty("id").GetString();
        File.Move(run.Store.Place, run.Store.Place + ".away");
        var lost = await anna.Post($"api/task/{id}", Body("done", 1, 2, 3, 4));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, lost.StatusCode);
        Assert.Contains("Nothing is lost", (await lost.Content.ReadFromJsonAsync<JsonElement>(Stopping)).GetProperty("error").GetString(),
            StringComparison.Ordinal);
        Assert.Contains(run.Log, line => line.Contains("moved or deleted", StringComparison.Ordinal));
        File.Move(run.Store.Place + ".away", run.Store.Place);
        Assert.Equal(HttpStatusCode.OK, (await anna.Post($"api/task/{id}", Body("done", 1, 2, 3, 4))).StatusCode);
        Assert.Single(await run.Store.Judgements(stopping: Stopping));
    }

    [Fact]
    public async Task Prompts_without_answers_need_a_model_and_a_taken_port_is_named()
    {
        await using var run = await ServerUnderTest.Start();
        var bare = new RankingServerOptions { Prompts = [new Candidates("Why?", [])], Port = 0 };
        Assert.Contains("'Why?' has no answers",
            (await Assert.ThrowsAsync<ArgumentException>(() => RankingServer.StartAsync(run.Store, bare, Stopping))).Message,
            StringComparison.Ordinal);
        var taken = new RankingServerOptions { Prompts = [], Port = run.Server.Url.Port };
        Assert.Contains($"port {run.Server.Url.Port}",
            (await Assert.ThrowsAsync<IOException>(() => RankingServer.StartAsync(run.Store, taken, Stopping))).Message,
            StringComparison.Ordinal);
    }

    static object Body(string state, params int[] ranks) => new
    {
        submission = Guid.NewGuid().ToString(),
        revision = 0,
        state,
        ranks,
        scores = new int?[ranks.Length],
        flags = ranks.Select(_ => Array.Empty<string>()).ToArray(),
    };
}
