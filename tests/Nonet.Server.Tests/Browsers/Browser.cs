using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.Server.Tests.Browsers;

/// <summary>The browser cannot do what it was told.</summary>
sealed class BrowserException(string message) : Exception(message);

/// <summary>A headless Chromium, by its remote debugging protocol over a web socket.</summary>
sealed class Browser : IAsyncDisposable
{
    const string Variable = "NONET_TEST_CHROMIUM";

    readonly TemporaryFolder folder;
    readonly Process process;
    readonly ClientWebSocket socket = new();
    readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> waiting = new();
    readonly ConcurrentQueue<string> contexts = new();
    readonly SemaphoreSlim sending = new(1);
    Task? reading;
    int last;

    Browser(TemporaryFolder folder, Process process) => (this.folder, this.process) = (folder, process);

    /// <summary>Starts one; skips the test where none is installed.</summary>
    public static async Task<Browser> Start()
    {
        var program = Find();
        Assert.SkipWhen(program is null, $"no Chromium is in the PATH, and {Variable} names none");
        var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(program!, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--remote-debugging-port=0",
            $"--user-data-dir={folder["profile"]}", "about:blank"])
        { RedirectStandardError = true, RedirectStandardOutput = true };
        var browser = new Browser(folder, Process.Start(start)!);
        await browser.Connect();
        return browser;
    }

    /// <summary>A page in a profile of its own: other pages' cookies are not there.</summary>
    public async Task<Page> Open(string url)
    {
        var context = (await Send("Target.createBrowserContext", []))["browserContextId"]!.GetValue<string>();
        contexts.Enqueue(context);
        var target = (await Send("Target.createTarget", new() { ["url"] = "about:blank", ["browserContextId"] = context }))["targetId"]!.GetValue<string>();
        var session = (await Send("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.GetValue<string>();
        var page = new Page(this, session);
        await page.GoTo(url);
        return page;
    }

    /// <summary>Closes all pages and forgets their profiles.</summary>
    public async Task CloseAll()
    {
        while (contexts.TryDequeue(out var context))
            await Send("Target.disposeBrowserContext", new() { ["browserContextId"] = context });
    }

    /// <summary>The result of a command.</summary>
    /// <exception cref="BrowserException">The browser replies with an error.</exception>
    public async Task<JsonNode> Send(string method, JsonObject parameters, string? session = null)
    {
        var (id, answer) = (Interlocked.Increment(ref last), new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously));
        waiting[id] = answer;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
            message["sessionId"] = session;
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            sending.Release();
        }
        var reply = await answer.Task.WaitAsync(Eventually.Limit);
        return reply["error"] is { } error ? throw new BrowserException($"{method}: {error["message"]}") : reply["result"]!;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await reading!;
        socket.Dispose();
        process.Dispose();
        folder.Dispose();
    }

    async Task Connect()
    {
        const string mark = "DevTools listening on ";
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(mark, StringComparison.Ordinal))
                continue;
            _ = process.StandardError.ReadToEndAsync();
            await socket.ConnectAsync(new Uri(line[mark.Length..]), CancellationToken.None);
            reading = Read();
            return;
        }
        throw new InvalidOperationException($"Chromium ended with {process.ExitCode} before it could be reached");
    }

    async Task Read()
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (true)
            {
                using var message = new MemoryStream();
                WebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer, CancellationToken.None);
                    message.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                var reply = JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!;
                if (reply["id"]?.GetValue<int>() is { } id && waiting.TryRemove(id, out var answer))
                    answer.SetResult(reply);
            }
        }
        catch (WebSocketException e) // the browser has closed
        {
            foreach (var answer in waiting.Values)
                answer.TrySetException(e);
        }
    }

    static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return named;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return new[] { "chromium", "chromium-browser", "google-chrome" }.SelectMany(name => folders.Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }
}
