using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Nonet.Tests.Checkpoints.Hub;

/// <summary>A hub of one model on this machine that can fail in the ways that networks do.</summary>
sealed class FakeHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();

    public FakeHub()
    {
        listener.Start();
        _ = Task.Run(Serve);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Files that the listing gives a SHA-256, as large ones have.</summary>
    public HashSet<string> Large { get; } = [];

    /// <summary>Bytes of a body after which the connection is cut, answer by answer; none: never.</summary>
    public Queue<int> Cuts { get; } = [];

    /// <summary>Statuses, with a Retry-After in seconds, that are answered before anything else.</summary>
    public Queue<(int Status, int? After)> Statuses { get; } = [];

    public bool IgnoresRanges { get; set; }
    public byte[]? Listing { get; set; }

    /// <summary>Where files are redirected to; null: they are here.</summary>
    public Uri? FilesAt { get; set; }

    /// <summary>What comes instead of a file's bytes.</summary>
    public Func<byte[], byte[]> Spoil { get; set; } = bytes => bytes;

    /// <summary>Request lines, ranges and authorizations, in their order.</summary>
    public List<(string Line, string? Range, string? Token)> Requests { get; } = [];

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
        stop.Dispose();
    }

    async Task Serve()
    {
        while (!stop.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync(stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = Task.Run(async () =>
            {
                using (client)
                {
                    try
                    {
                        await Answer(client.GetStream());
                    }
                    catch (IOException)
                    {
                        // the other side has gone
                    }
                }
            });
        }
    }

    async Task Answer(NetworkStream stream)
    {
        var reader = new StreamReader(stream, Encoding.ASCII);
        var line = await reader.ReadLineAsync() ?? "";
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
            headers[header[..header.IndexOf(':', StringComparison.Ordinal)]] = header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        (int Status, int? After)? failure = null;
        int? cut = null;
        lock (Requests)
        {
            Requests.Add((line, headers.GetValueOrDefault("Range"), headers.GetValueOrDefault("Authorization")));
            if (Statuses.Count > 0)
                failure = Statuses.Dequeue();
            else if (line.Contains("/resolve/", StringComparison.Ordinal) && FilesAt is null && Cuts.Count > 0)
                cut = Cuts.Dequeue();
        }
        if (failure is { } f)
        {
            await Send(stream, $"{f.Status} No", [], f.After is { } s ? $"Retry-After: {s}\r\n" : "", null);
            return;
        }
        var path = Uri.UnescapeDataString(line.Split(' ')[1].Split('?')[0]);
        if (path.StartsWith("/api/models/", StringComparison.Ordinal))
        {
            await Send(stream, path.EndsWith("/revision/main", StringComparison.Ordinal)
                || path.EndsWith($"/revision/{Commit}", StringComparison.Ordinal) ? "200 OK" : "404 Not Found", Listing ?? MakeListing(), "", null);
            return;
        }
        var file = path[(path.IndexOf(Commit, StringComparison.Ordinal) + 41)..];
        if (FilesAt is { } other)
        {
            await Send(stream, "302 Found", [], $"Location: {new Uri(other, path)}\r\n", null);
            return;
        }
        var bytes = Spoil(Files[file]);
        if (headers.GetValueOrDefault("Range") is { } range && !IgnoresRanges)
        {
            var from = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            if (from >= bytes.Length)
                await Send(stream, "416 Range Not Satisfiable", [], "", null);
            else
                await Send(stream, "206 Partial Content", bytes[from..], $"Content-Range: bytes {from}-{bytes.Length - 1}/{bytes.Length}\r\n", cut);
            return;
        }
        await Send(stream, "200 OK", bytes, "", cut);
    }

    static async Task Send(NetworkStream stream, string status, byte[] body, string headers, int? cut)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n{headers}\r\n"));
        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, cut ?? int.MaxValue)));
        await stream.FlushAsync();
    }

    byte[] MakeListing()
    {
        var files = Files.Select(f => Large.Contains(f.Key)
            ? $$$"""{"rfilename":"{{{f.Key}}}","size":{{{f.Value.Length}}},"blobId":"{{{new string('a', 40)}}}","lfs":{"sha256":"{{{Convert.ToHexStringLower(SHA256.HashData(f.Value))}}}","size":{{{f.Value.Length}}},"pointerSize":130}}"""
            : $$"""{"rfilename":"{{f.Key}}","size":{{f.Value.Length}},"blobId":"{{GitBlob(f.Value)}}"}""");
        return Encoding.UTF8.GetBytes($$"""{"id":"someone/small","sha":"{{Commit}}","siblings":[{{string.Join(',', files)}}]}""");
    }

    public static string GitBlob(byte[] content)
    {
#pragma warning disable CA5350 // git's own
        return Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350
    }
}
