using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Nonet.Server.Tests.Ranking;

/// <summary>A browser without a screen: cookies and requests.</summary>
sealed class Client : IDisposable
{
    readonly HttpClient http;

    public Client(Uri url) => http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), UseProxy = false })
    {
        BaseAddress = url,
        Timeout = Timeout.InfiniteTimeSpan, // a busy machine may stand still for longer than the 100 seconds of the default
    };

    /// <summary>A client that a link lets in.</summary>
    public static async Task<Client> OfLink(string link)
    {
        var (url, token) = (new Uri(link), new Uri(link).Fragment[1..]);
        var client = new Client(new Uri(url, "/"));
        (await client.Post(url.AbsolutePath.StartsWith("/owner", StringComparison.Ordinal) ? "api/owner/join" : "api/join", new { token }))
            .EnsureSuccessStatusCode();
        return client;
    }

    /// <summary>Invites a labeller, as the owner.</summary>
    public async Task<string> Invite(string name) =>
        (await (await Post("api/owner/invite", new { name, days = 1 })).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>())
            .GetProperty("link").GetString()!;

    public Task<HttpResponseMessage> Get(string path) => http.GetAsync(path, TestContext.Current.CancellationToken);

    public async Task<JsonElement> Json(string path) =>
        await (await Get(path)).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> Post(string path, object body) => http.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> Send(HttpRequestMessage request) => http.SendAsync(request, TestContext.Current.CancellationToken);

    public void Dispose() => http.Dispose();
}
