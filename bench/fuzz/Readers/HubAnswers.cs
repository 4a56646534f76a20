using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Nonet.Checkpoints.Hub;
using Nonet.Fuzz.Making;

namespace Nonet.Fuzz.Readers;

/// <summary>A hub on this machine whose listing, headers and files are wrong.</summary>
sealed class HubAnswers : Reader
{
    /// <summary>What errors name in place of a file.</summary>
    public const string Model = "someone/small";

    const string Commit = "0123456789abcdef0123456789abcdef01234567";
    static readonly byte[] weights = new byte[3000];
    static readonly byte[] config = "{\"model_type\": \"gpt2\"}"u8.ToArray();

    public override string Name => "hub answers";

    public override int Share => 2;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var listing = JsonPart.Parse($$$"""
            {"id": "{{{Model}}}", "sha": "{{{Commit}}}", "siblings": [{"rfilename": "config.json", "size": {{{config.Length}}}, "blobId": "{{{GitBlob(config)}}}"},
             {"rfilename": "model.safetensors", "size": {{{weights.Length}}}, "blobId": "{{{new string('a', 40)}}}", "lfs": {"sha256": "{{{Convert.ToHexStringLower(SHA256.HashData(weights))}}}", "size": {{{weights.Length}}}, "pointerSize": 130}}]}
            """);
        var answer = sound ? listing.ToBytes() : dice.OneIn(4) ? listing.ToBytes() : listing.Damaged(dice);
        var headers = sound ? null : dice;
        return () =>
        {
            using var hub = new Server(answer, headers);
            using var client = new HubClient(
                new HubOptions
                {
                    Endpoint = hub.Address,
                    Cache = Path.Combine(folder, "cache"),
                    Retries = 1,
                    Silence = TimeSpan.FromSeconds(1),
                    Wait = (_, _) =>
                Task.CompletedTask
                });
            client.Pull(HubName.TryParse(Model)!, new HubSelection()).GetAwaiter().GetResult();
        };
    }

    static string GitBlob(byte[] content)
    {
#pragma warning disable CA5350 // git's own
        return Convert.ToHexStringLower(
            SHA1.HashData([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));
#pragma warning restore CA5350
    }

    /// <summary>Answers request by request, in order.</summary>
    sealed class Server : IDisposable
    {
        readonly TcpListener listener = new(IPAddress.Loopback, 0);
        readonly Lock gate = new();
        readonly byte[] listing;
        readonly Dice? dice;

        public Server(byte[] listing, Dice? dice)
        {
            (this.listing, this.dice) = (listing, dice);
            listener.Start();
            new Thread(Serve) { IsBackground = true }.Start();
        }

        public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        public void Dispose() => listener.Stop();

        void Serve()
        {
            try
            {
                while (true)
                {
                    using var client = listener.AcceptTcpClient();
                    Answer(client.GetStream());
                }
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // the case is over
            }
        }

        void Answer(NetworkStream stream)
        {
            var reader = new StreamReader(stream, Encoding.ASCII);
            var path = (reader.ReadLine() ?? "").Split(' ').ElementAtOrDefault(1) ?? "";
            while (reader.ReadLine() is { Length: > 0 })
            {
            }
            var body = path.Contains("/api/", StringComparison.Ordinal) ? listing : path.EndsWith("config.json", StringComparison.Ordinal) ? config : weights;
            var (status, length, more) = ("200 OK", (long)body.Length, "");
            lock (gate)
            {
                switch (dice?.Below(16))
                {
                    case 0:
                        status = dice.Of("404 No", "429 Wait", "500 Oops", "206 Partial Content", "416 No", "301 Moved", "99 What", "401 No",
                        "204 Nothing"); break;
                    case 1: length = Math.Abs(dice.Number() / 2); break;
                    case 2: body = ByteDamage.Of(body, dice); break;
                    case 3:
                        more = dice.Of("Retry-After: 99999999999\r\n", "Content-Range: bytes 5-9/3\r\n", "Location: http://127.0.0.1:1/\r\n",
                        "Location: ::\r\n", "Content-Encoding: gzip\r\n", "Transfer-Encoding: chunked\r\n", $"X: {new string('x', 100_000)}\r\n"); break;
                    case 4: body = [.. body, .. new byte[1 << 20]]; break;
                }
            }
            stream.Write(Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n")));
            stream.Write(body);
        }
    }
}
