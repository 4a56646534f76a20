using System.Text;
using Nonet.Data;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Tests.Data;

public sealed class TokenizedDataTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TokenizedDataTests()
    {
        Directory.CreateDirectory(folder["a"]);
        folder.Add("a/x.jsonl", string.Concat(Enumerable.Range(0, 500).Select(i => $"{{\"text\": \"document {i}\"}}\n")));
        folder.Add("b.txt", string.Join("|", Enumerable.Range(0, 100).Select(i => $"piece {i}")));
    }

    public void Dispose() => folder.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    DataSource A => new() { Path = folder["a"] };
    DataSource B => new() { Path = folder["b.txt"], Documents = DocumentCut.Separator, Separator = "|" };

    TokenizedData Build(DataOptions options, int threads = 2, string cache = "cache") =>
        TokenizedData.Build(options, new ByteTokenizer(), folder[cache], threads, stopping: Cancel);

    static string[] Documents(TokenFile file)
    {
        var ids = new int[file.Count];
        file.Read(0, ids);
        return Encoding.UTF8.GetString([.. ids.Select(id => id == 256 ? (byte)'\n' : (byte)id)]).TrimEnd('\n').Split('\n');
    }

    [Fact]
    public void Documents_are_split_by_their_text_alone()
    {
        using var both = Build(new DataOptions { Sources = [A, B], Validation = 0.2 });
        using var one = Build(new DataOptions { Sources = [A], Validation = 0.2 });
        Assert.InRange(one.HeldOut.Documents, 70, 130);
        Assert.Equal(500, one.HeldOut.Documents + one.Train[0].Documents);
        Assert.Equal(Documents(one.Train[0]), Documents(both.Train[0])); // the other source moves nothing
        Assert.Equal(Documents(one.HeldOut), Documents(both.HeldOut).Where(d => d.StartsWith("document", StringComparison.Ordinal)));
        Assert.All(Documents(one.HeldOut), d => Assert.True(TokenizedData.Draw(1, d) < 0.2));
        Assert.All(Documents(one.Train[0]), d => Assert.True(TokenizedData.Draw(1, d) >= 0.2));
        Assert.Equal(600, both.Train.Sum(t => t.Documents) + both.HeldOut.Documents);
        Assert.Equal(Enumerable.Range(0, 500).Sum(i => $"document {i}".Length), one.Train[0].TextBytes + one.HeldOut.TextBytes);
        using var other = Build(new DataOptions { Sources = [A], Validation = 0.2, Seed = 2 });
        Assert.NotEqual(Documents(one.HeldOut), Documents(other.HeldOut));
    }

    [Fact]
    public void A_source_can_be_all_for_one_side()
    {
        using var data = Build(new DataOptions { Sources = [A with { Split = DataSplit.Train }, B with { Split = DataSplit.Validation }], Validation = 0.5 });
        Assert.Equal((500, 100), (Assert.Single(data.Train).Documents, data.HeldOut.Documents));
        Assert.Null(data.Weights);
    }

    [Fact]
    public void Threads_change_no_byte_and_the_same_data_is_read_once()
    {
        var options = new DataOptions { Sources = [A, B], Validation = 0.1 };
        string[] Bytes(int threads)
        {
            using var data = Build(options, threads, $"cache-{threads}");
            return [.. Directory.GetFiles(data.FullPath).Order()
                .Select(f => Path.GetFileName(f) + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))))];
        }
        Assert.Equal(Bytes(1), Bytes(2));
        Assert.Equal(Bytes(1), Bytes(3));

        using (var first = Build(options))
        {
            var written = File.GetLastWriteTimeUtc(first.HeldOut.FilePath);
            using var again = Build(options);
            Assert.Equal((first.FullPath, written), (again.FullPath, File.GetLastWriteTimeUtc(again.HeldOut.FilePath)));
            File.Move(folder["a/x.jsonl"], folder["a/renamed.jsonl"]); // the content counts, not the name
            using var renamed = Build(options);
            Assert.Equal(first.FullPath, renamed.FullPath);
            File.AppendAllText(folder["a/renamed.jsonl"], "{\"text\": \"more\"}\n");
            using var changed = Build(options);
            Assert.NotEqual(first.FullPath, changed.FullPath);
            using var cut = Build(options with { Validation = 0.3 });
            Assert.NotEqual(changed.FullPath, cut.FullPath);
        }
        Assert.DoesNotContain(Directory.GetDirectories(folder["cache"]), d => d.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_few_documents_one_is_held_out_and_of_one_none_can_be()
    {
        folder.Add("few.txt", "one|two|three");
        using var data = Build(new DataOptions { Sources = [B with { Path = folder["few.txt"] }], Validation = 0.001 });
        Assert.Equal((2, 1), (data.Train[0].Documents, data.HeldOut.Documents));
        folder.Add("single.txt", "one");
        Assert.Contains("expected at least two documents",
            Assert.Throws<MalformedFileException>(() => Build(new DataOptions { Sources = [B with { Path = folder["single.txt"] }], Validation = 1e-9 }))
            .Message, StringComparison.Ordinal);
        Assert.Contains("none of them held out; expected a validation above 0",
            Assert.Throws<MalformedFileException>(() => Build(new DataOptions { Sources = [A], Validation = 0 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_fails_leaves_nothing()
    {
        File.AppendAllText(folder["a/x.jsonl"], "{\"text\": 3}\n");
        Assert.Contains("x.jsonl: found field 'text' is not a string on line 501",
            Assert.Throws<MalformedFileException>(() => Build(new DataOptions { Sources = [A] })).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder["cache"]));
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TokenizedData.Build(new DataOptions { Sources = [B] }, new ByteTokenizer(), folder["cache"], stopping: source.Token));
        Assert.Empty(Directory.GetDirectories(folder["cache"]));
        using var skipped = Build(new DataOptions { Sources = [A with { SkipBroken = true }] });
        Assert.EndsWith("x.jsonl:501: field 'text' is not a string", Assert.Single(skipped.Broken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_at_once_make_it_once()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Build(new DataOptions { Sources = [A, B] }), Cancel)));
        Assert.Single(made.Select(d => d.FullPath).Distinct());
        Assert.All(made, d => Assert.Equal(600, d.Train.Sum(t => t.Documents) + d.HeldOut.Documents));
        Assert.Single(Directory.GetDirectories(folder["cache"]));
        foreach (var data in made)
            data.Dispose();
    }

    [Fact] // of a kill in the middle
    public void A_part_that_was_left_is_made_anew()
    {
        string path;
        using (var data = Build(new DataOptions { Sources = [A] }))
            path = data.FullPath;
        Directory.Move(path, path + ".tmp");
        File.Delete(Path.Combine(path + ".tmp", "held-out.tokens"));
        using var again = Build(new DataOptions { Sources = [A] });
        Assert.Equal(500, again.Train[0].Documents + again.HeldOut.Documents);
        Assert.False(Directory.Exists(path + ".tmp"));
    }

    [Fact]
    public void Batches_of_a_mixture_hold_each_source_by_its_weight()
    {
        using var data = Build(new DataOptions { Sources = [A with { Split = DataSplit.Train, Weight = 1 }, B with { Weight = 3 }], Validation = 0.1 });
        Assert.Equal([1.0, 3], data.Weights!);
        var batches = new BatchSource(data.Train, data.Weights, context: 8, batch: 4, seed: 1);
        var (ids, targets, ofB) = (new int[32], new int[32], 0);
        for (var b = 0; b < 512; b++)
        {
            batches.Fill(b, ids, targets);
            for (var row = 0; row < 4; row++)
                ofB += Encoding.ASCII.GetString([.. ids[(8 * row)..(8 * row + 8)].Select(id => (byte)Math.Min(id, 127))])
                    .IndexOfAny(['o', 'd', 'u', 'm', 't']) < 0 ? 1 : 0;
        }
        Assert.InRange(ofB / 2048.0, 0.70, 0.78); // 0.75, less the few windows of the other source without one of these letters
        var other = new BatchSource(data.Train, data.Weights, 8, 2, seed: 1, rank: 1, ranks: 2);
        var (one, all) = (new int[16], new int[32]);
        other.Fill(5, one, new int[16]);
        batches.Fill(5, all, new int[32]);
        Assert.Equal(all[8..16].Concat(all[24..32]), one); // rank 1 of 2 takes items 1 and 3
    }

    [Theory]
    [InlineData("has 0 sources", 0.1, null, null)]
    [InlineData("validation is 1", 1.0, null, null)]
    [InlineData("some sources have a weight", 0.1, 1.0, null)]
    [InlineData("has weight -1", 0.1, -1.0, -1.0)]
    public void Options_that_make_no_sense_are_named(string message, double validation, double? first, double? second)
    {
        var options = new DataOptions
        {
            Sources = message == "has 0 sources" ? [] : [A with { Weight = first }, B with { Weight = second }],
            Validation = validation
        };
        Assert.Contains(message, Assert.Throws<ArgumentException>(options.Check).Message, StringComparison.Ordinal);
        Assert.Contains("separator must be set if and only if",
            Assert.Throws<ArgumentException>(() => new DataOptions { Sources = [B with { Separator = null }] }.Check()).Message, StringComparison.Ordinal);
        Assert.Contains("all sources are for validation",
            Assert.Throws<ArgumentException>(() => new DataOptions { Sources = [B with { Split = DataSplit.Validation }] }.Check()).Message,
            StringComparison.Ordinal);
    }
}
