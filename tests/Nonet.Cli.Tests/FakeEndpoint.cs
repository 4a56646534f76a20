using System.Net;
using System.Text;
using System.Text.Json;

namespace Nonet.Cli.Tests;

/// <summary>A local endpoint of chat completions whose answers a test gives.</summary>
sealed class FakeEndpoint : IDisposable
{
    readonly HttpListener listener;
    readonly Task serving;
    int under;

    /// <param name="answer">Status and body for the number of a request and its body; null: no answer ever.</param>
    public FakeEndpoint(Func<int, JsonElement, (int Status, string Body)?> answer)
    {
        (listener, var served) = LocalHttp.Listen("/v1/");
        Address = served.TrimEnd('/');
        serving = Task.Run(() => Serve(answer));
    }

    public string Address { get; }

    /// <summary>Requests so far.</summary>
    public int Requests { get; private set; }

    /// <summary>Most requests that were under way at once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>An answer as an endpoint gives it.</summary>
    public static (int, string)? Says(string text) =>
        (200, JsonSerializer.Serialize(
        new
        {
            choices = new[] { new { message = new { role = "assistant", content = text }, finish_reason = "stop" } },
            usage = new { completion_tokens = 7 }
        }));

    public void Dispose()
    {
        listener.Close();
        serving.Wait(Eventually.Limit);
    }

    async Task Serve(Func<int, JsonElement, (int Status, string Body)?> answer)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var number = ++Requests;
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref under));
            _ = Task.Run(async () =>
            {
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                var body = JsonDocument.Parse(await reader.ReadToEndAsync()).RootElement;
                await Task.Delay(20);
                var said = answer(number, body);
                Interlocked.Decrement(ref under);
                if (said is not { } reply)
                    return; // the client waits
                context.Response.StatusCode = reply.Status;
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(reply.Body));
                context.Response.Close();
            });
        }
    }
}
