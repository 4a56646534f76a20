using System.Text;
using Nonet.Checkpoints.Hub;

namespace Nonet.Tests.Checkpoints.Hub;

public sealed class HubClientTests : IDisposable
{
    static readonly HubName name = HubName.Parse("someone/small");
    readonly TemporaryFolder folder = new();
    readonly FakeHub hub = new();
    readonly List<TimeSpan> waits = [];

    public HubClientTests()
    {
        hub.Files["config.json"] = "{\"a\":1}"u8.ToArray();
        hub.Files["model.safetensors"] = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];
        hub.Files["notes/long.txt"] = "not wanted"u8.ToArray();
        hub.Large.Add("model.safetensors");
    }

    public void Dispose()
    {
        hub.Dispose();
        folder.Dispose();
    }

    HubOptions Options => new()
    {
        Endpoint = hub.Address,
        Cache = folder["hub"],
        Token = "secret",
        Parallel = 1,
        Retries = 3,
        Silence = Eventually.Limit,
        Wait = (time, _) =>
        {
            waits.Add(time);
            return Task.CompletedTask;
        },
    };

    async Task<PulledModel> Pull(HubSelection? selection = null, HubOptions? options = null, HubName? other = null)
    {
        using var client = new HubClient(options ?? Options);
        return await client.Pull(other ?? name, selection ?? new HubSelection(), null, TestContext.Current.CancellationToken);
    }

    async Task<string> Refused(HubOptions? options = null, HubName? other = null) =>
        (await Assert.ThrowsAsync<HubException>(() => Pull(options: options, other: other))).Message;

    void CheckWhole(PulledModel pulled)
    {
        Assert.Equal(["config.json", "model.safetensors"], pulled.Files);
        foreach (var file in pulled.Files)
            Assert.Equal(hub.Files[file], File.ReadAllBytes(Path.Combine(pulled.Folder, file)));
        Assert.Empty(Directory.GetFiles(folder["hub"], "*.incomplete", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_is_useful_is_pulled_once_and_laid_out_for_others()
    {
        var pulled = await Pull();
        CheckWhole(pulled);
        Assert.Equal((FakeHub.Commit, 1007L, 1007L), (pulled.Commit, pulled.Bytes, pulled.Downloaded));
        var root = folder["hub/models--someone--small"];
        Assert.Equal(Path.Combine(root, "snapshots", FakeHub.Commit), pulled.Folder);
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(root, "refs", "main")));
        Assert.Equal("../../blobs/" + FakeHub.GitBlob(hub.Files["config.json"]), new FileInfo(Path.Combine(pulled.Folder, "config.json")).LinkTarget);
        hub.Requests.Clear();
        var again = await Pull();
        Assert.Equal(0, again.Downloaded);
        Assert.Single(hub.Requests); // the listing
        Assert.Equal(pulled.Folder, HubClient.Find(name, Options));
        Assert.Equal(pulled.Folder, HubClient.Find(HubName.Parse("someone/small@" + FakeHub.Commit), Options));
        Assert.Null(HubClient.Find(HubName.Parse("someone/other"), Options));
    }

    [Theory]
    [InlineData(new[] { "notes/*" }, new string[0], new[] { "notes/long.txt" })]
    [InlineData(new[] { "*" }, new[] { "*.safetensors" }, new[] { "config.json", "notes/long.txt" })]
    [InlineData(new string[0], new[] { "config.json" }, new[] { "model.safetensors" })]
    public async Task Files_are_chosen_by_pattern(string[] include, string[] exclude, string[] expected) =>
        Assert.Equal(expected, (await Pull(new HubSelection { Include = include, Exclude = exclude })).Files);

    [Fact]
    public void Weights_are_taken_in_the_first_format_that_is_there()
    {
        static IEnumerable<string> Chosen(params string[] files) =>
            new HubSelection().Choose([.. files.Select(f => new HubFile(f, 1, null, null))]).Select(f => f.Path);
        Assert.Equal(["config.json", "model-1.safetensors", "model.safetensors.index.json"],
            Chosen("config.json", "model-1.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "x.gguf"));
        Assert.Equal(["pytorch_model.bin", "vocab.json"], Chosen("pytorch_model.bin", "vocab.json", "x.gguf", "tf_model.h5"));
        Assert.Equal(["x.gguf"], Chosen("x.gguf", "image.png"));
    }

    [Theory]
    [InlineData("*", "a/b.txt", true)]
    [InlineData("*.txt", "a/b.txt", true)]
    [InlineData("?.txt", "a/b.txt", false)]
    [InlineData("a*b*c", "abxbyc", true)]
    [InlineData("a*b*c", "abxbyd", false)]
    [InlineData("a**", "a", true)]
    [InlineData("", "a", false)]
    [InlineData("model-*.safetensors", "model-1.safetensors.index.json", false)]
    public void A_pattern_fits_or_does_not(string pattern, string path, bool fits) =>
        Assert.Equal(fits, new HubSelection { Include = [pattern] }.Choose([new HubFile(path, 1, null, null)]).Count == 1);

    [Fact] // stars without a fit, over and over
    public void A_long_listing_is_chosen_from_in_linear_time()
    {
        HubFile[] files = [.. Enumerable.Range(0, 100_000).Select(i => new HubFile($"x{i}-{new string('a', 200)}.txt", 1, null, null))];
        var clock = ThreadClock.Start();
        Assert.Empty(new HubSelection().Choose(files));
        Assert.Empty(new HubSelection { Include = ["*a*a*a*a*a*a*a*b"] }.Choose(files));
        clock.AssertAtMost(60);
    }

    [Fact] // a proxy of the hub, below a path
    public async Task A_mirror_may_be_a_folder_of_a_server()
    {
        await Refused(Options with { Endpoint = new Uri(hub.Address, "/artifactory/api/remote/") });
        Assert.StartsWith("GET /artifactory/api/remote/api/models/someone/small/revision/main?blobs=true ", hub.Requests[0].Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_one_content_are_brought_once()
    {
        foreach (var i in Enumerable.Range(0, 200))
            hub.Files[$"same/x{i}.txt"] = "the same"u8.ToArray();
        var pulled = await Pull(new HubSelection { Include = ["same/*"] });
        Assert.Equal(200, pulled.Files.Count);
        Assert.Equal(8, pulled.Downloaded);
        Assert.All(pulled.Files, f => Assert.Equal("the same", File.ReadAllText(Path.Combine(pulled.Folder, f))));
    }

    [Theory]
    [InlineData("\"size\":4611686018427387904", "found the size 4611686018427387904")]
    [InlineData("\"size\":-5", "found the size -5")]
    [InlineData("\"size\":1.5", "found the size 1.5")]
    [InlineData("\"x\":0", "no size of 'config.json'")]
    [InlineData("\"size\":7},{\"rfilename\":\"config.json\",\"size\":7", "found the file 'config.json' twice")]
    [InlineData("\"size\":1125899906842624},{\"rfilename\":\"vocab.txt\",\"size\":1125899906842624", "larger than 2^50 bytes together")]
    public async Task Sizes_that_cannot_be_are_named(string size, string message)
    {
        hub.Listing = Encoding.UTF8.GetBytes(
            $$"""{"sha":"{{FakeHub.Commit}}","siblings":[{"rfilename":"config.json","blobId":"{{new string('a', 40)}}",{{size}}}]}""");
        Assert.Contains(message, await Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listing_without_end_is_refused()
    {
        hub.Listing = new byte[(64 << 20) + 1];
        Assert.Contains("longer than 64 MB", await Refused(), StringComparison.Ordinal);
    }

    [Fact] // cut at every seventh byte
    public async Task A_cut_connection_goes_on_where_it_was()
    {
        for (var cut = 0; cut < 1000; cut += 143)
        {
            hub.Requests.Clear();
            Directory.CreateDirectory(folder["hub"]);
            Directory.Delete(folder["hub"], recursive: true);
            hub.Cuts.Enqueue(7); // config.json is whole
            hub.Cuts.Enqueue(cut);
            hub.Cuts.Enqueue(1);
            CheckWhole(await Pull());
            var ranges = hub.Requests.Where(r => r.Line.Contains("safetensors", StringComparison.Ordinal)).Select(r => r.Range).ToArray();
            Assert.Equal([null, cut == 0 ? null : $"bytes={cut}-", $"bytes={cut + 1}-"], ranges);
        }
    }

    [Fact]
    public async Task A_part_of_an_earlier_process_is_finished()
    {
        await Pull();
        var blob = new FileInfo(folder[$"hub/models--someone--small/snapshots/{FakeHub.Commit}/model.safetensors"]).ResolveLinkTarget(true)!.FullName;
        var bytes = File.ReadAllBytes(blob);
        foreach (var kept in new[] { 1, 500, 1000 })
        {
            Directory.Delete(folder["hub/models--someone--small/snapshots"], recursive: true);
            File.Delete(blob);
            File.WriteAllBytes(blob + ".incomplete", bytes[..kept]);
            var pulled = await Pull();
            CheckWhole(pulled);
            Assert.Equal(1000 - kept, pulled.Downloaded);
        }
    }

    [Fact]
    public async Task A_server_without_ranges_sends_all_again()
    {
        hub.IgnoresRanges = true;
        hub.Cuts.Enqueue(7);
        hub.Cuts.Enqueue(400);
        CheckWhole(await Pull());
    }

    [Fact]
    public async Task A_wrong_checksum_is_named_and_the_bytes_removed()
    {
        hub.Spoil = bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];
        var message = await Refused();
        Assert.Contains("'config.json' has the checksum", message, StringComparison.Ordinal);
        Assert.Contains(FakeHub.GitBlob(hub.Files["config.json"]), message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder["hub"], "*.incomplete", SearchOption.AllDirectories));
        hub.Spoil = bytes => bytes.Length == 1000 ? [.. bytes[..^1], 0xff] : bytes;
        Assert.Contains("'model.safetensors' has the checksum", await Refused(), StringComparison.Ordinal);
        hub.Spoil = bytes => bytes;
        CheckWhole(await Pull());
    }

    [Fact]
    public async Task A_body_longer_than_told_is_refused()
    {
        hub.Spoil = bytes => [.. bytes, 1];
        Assert.Contains("longer than the 7 bytes", await Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_says()
    {
        hub.Statuses.Enqueue((503, null));
        hub.Statuses.Enqueue((429, 9));
        CheckWhole(await Pull());
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9)], waits);
        for (var i = 0; i < 4; i++)
            hub.Statuses.Enqueue((500, null));
        Assert.Contains("answers 500; tried 4 times", await Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "set HF_TOKEN")]
    [InlineData(403, "accept the model's terms")]
    [InlineData(404, "no such model, revision or file")]
    [InlineData(418, "answers 418")]
    public async Task A_refusal_says_what_to_do(int status, string message)
    {
        hub.Statuses.Enqueue((status, null));
        Assert.Contains(message, await Refused(), StringComparison.Ordinal);
        Assert.Empty(waits);
    }

    [Fact]
    public async Task An_unknown_revision_is_named() =>
        Assert.Contains("someone/small@v9: the hub answers 404", await Refused(other: HubName.Parse("someone/small@v9")), StringComparison.Ordinal);

    [Fact]
    public async Task The_token_stays_with_the_hub()
    {
        using var store = new FakeHub();
        foreach (var (path, bytes) in hub.Files)
            store.Files[path] = bytes;
        hub.FilesAt = store.Address;
        CheckWhole(await Pull());
        Assert.All(hub.Requests, r => Assert.Equal("Bearer secret", r.Token));
        Assert.Equal(2, store.Requests.Count);
        Assert.All(store.Requests, r => Assert.Null(r.Token));
    }

    [Fact]
    public async Task Offline_only_what_is_there_is_found()
    {
        var offline = Options with { Offline = true };
        Assert.Contains("forbids using the network", await Refused(offline), StringComparison.Ordinal);
        var pulled = await Pull();
        hub.Requests.Clear();
        Assert.Equal(pulled.Folder, (await Pull(options: offline)).Folder);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task An_interrupted_pull_keeps_what_has_come()
    {
        using var stopping = new CancellationTokenSource();
        var seen = new Watch(p =>
        {
            if (p.Downloaded > 7)
                stopping.Cancel();
        });
        hub.Cuts.Enqueue(7);
        hub.Cuts.Enqueue(300);
        using (var client = new HubClient(Options))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Pull(name, new HubSelection(), seen, stopping.Token));
        var pulled = await Pull();
        CheckWhole(pulled);
        Assert.True(pulled.Downloaded < 1000, $"{pulled.Downloaded} bytes came again");
    }

    sealed class Watch(Action<HubProgress> see) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => see(value);
    }

    [Theory]
    [InlineData("""{"sha":"x","siblings":[]}""", "the commit 'x'")]
    [InlineData("""{"siblings":[]}""", "cannot be read")]
    [InlineData("[1]", "cannot be read")]
    [InlineData("{", "cannot be read")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"../../x"}]}""", "'../../x'")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"/etc/x"}]}""", "'/etc/x'")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"a\\b"}]}""", "a name within")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"config.json"}]}""", "no checksum of 'config.json'")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"x.png"}]}""", "none of its 1 files")]
    public async Task A_listing_that_makes_no_sense_is_refused(string json, string message)
    {
        hub.Listing = Encoding.UTF8.GetBytes(json);
        Assert.Contains(message, await Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a/b@main", "a/b")]
    [InlineData("a/b@v1.0", "a/b@v1.0")]
    [InlineData("a/b@refs/pr/1", "a/b@refs/pr/1")]
    [InlineData("a", null)]
    [InlineData("a/b/c", null)]
    [InlineData("../b", null)]
    [InlineData("a/b@../x", null)]
    [InlineData("a/b@", null)]
    public void Names_are_owner_and_name(string text, string? expected) => Assert.Equal(expected, HubName.TryParse(text)?.ToString());
}
