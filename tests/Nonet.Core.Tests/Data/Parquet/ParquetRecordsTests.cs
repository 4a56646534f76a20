using Nonet.Data.Instructions;
using Nonet.Data.Preferences;
using Nonet.Data.Tasks;
using Nonet.Files;
using Parquet.Serialization;

namespace Nonet.Tests.Data.Parquet;

/// <summary>Rows of Parquet files with lists, groups and maps, as Hugging Face's datasets have them.</summary>
public sealed class ParquetRecordsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task<string> Write<T>(params T[] rows)
    {
        using var stream = new MemoryStream();
        await ParquetSerializer.SerializeAsync(rows, stream, cancellationToken: Cancel);
        return folder.Add("rows.parquet", stream.ToArray());
    }

    static string[] Read(string path) => [.. TaskRecord.Read(path).Select(r => r.Element.GetRawText())];

    public sealed class Inner
    {
        public string? Name { get; set; }
        public List<int>? Numbers { get; set; }
    }

    public sealed class Outer
    {
        public int Id { get; set; }
        public bool? Is { get; set; }
        public double X { get; set; }
        public List<Inner>? Inners { get; set; }
        public Inner? One { get; set; }
        public Dictionary<string, string>? Map { get; set; }
    }

    [Fact]
    public async Task Lists_groups_and_maps_become_json()
    {
        var path = await Write(
            new Outer { Id = 1, Is = true, X = 0.5, Inners = [new() { Name = "a", Numbers = [1, 2] }, new() { Name = null, Numbers = [] }] },
            new Outer { Id = -2, Is = null, X = -1e300, Inners = [], One = new() { Name = "ü", Numbers = [3] }, Map = new() { ["k"] = "v", ["l"] = "w" } },
            new Outer { Id = 3, Is = false, X = double.NaN, Inners = null, One = new() });
        Assert.Equal(
        [
            """{"Id":1,"Is":true,"X":0.5,"Inners":[{"Name":"a","Numbers":[1,2]},{"Name":null,"Numbers":[]}],"One":null,"Map":null}""",
            """{"Id":-2,"Is":null,"X":-1E+300,"Inners":[],"One":{"Name":"\u00FC","Numbers":[3]},"Map":{"k":"v","l":"w"}}""",
            """{"Id":3,"Is":false,"X":"NaN","Inners":null,"One":{"Name":null,"Numbers":null},"Map":null}""",
        ], Read(path));
    }

    [Fact]
    public async Task Rows_of_many_pages_stay_together()
    {
        var rows = Enumerable.Range(0, 3000)
            .Select(i => new Outer { Id = i, Inners = [.. Enumerable.Range(0, i % 4).Select(j => new Inner { Name = $"{i}.{j}" })] });
        var read = TaskRecord.Read(await Write([.. rows])).ToArray();
        Assert.Equal(3000, read.Length);
        Assert.All(read, (record, i) => Assert.Equal(Enumerable.Range(0, i % 4).Select(j => $"{i}.{j}"), record.Records("Inners").Select(r => r.Text("Name"))));
    }

    public sealed class Turn
    {
        public string? role { get; set; }
        public string? content { get; set; }
    }

    public sealed class Chat
    {
        public List<Turn>? messages { get; set; }
    }

    [Fact]
    public async Task Conversations_are_lists_of_turns()
    {
        var path = await Write(new Chat { messages = [new() { role = "user", content = "Hi" }, new() { role = "assistant", content = "Hello!" }] });
        var example = Assert.Single(InstructionFile.Read(path));
        Assert.Equal([("user", "Hi"), ("assistant", "Hello!")], example.Messages!.Select(m => (m.Role, m.Content!)));
    }

    public sealed class Columns
    {
        public List<string>? from { get; set; }
        public List<string>? value { get; set; }
    }

    public sealed class OldChat
    {
        public Columns? conversations { get; set; }
    }

    [Fact]
    public async Task Conversations_may_be_a_group_of_lists_or_a_text_of_json()
    {
        var old = await Write(new OldChat { conversations = new() { from = ["human", "gpt"], value = ["Hi", "Hello!"] } });
        Assert.Equal(["Hi", "Hello!"], Assert.Single(InstructionFile.Read(old)).Messages!.Select(m => m.Content));
        var uneven = await Write(new OldChat { conversations = new() { from = ["human", "gpt"], value = ["Hi"] } });
        Assert.Contains("'conversations' in row 1: an object",
            Assert.Throws<MalformedFileException>(() => InstructionFile.Read(uneven).ToArray()).Message, StringComparison.Ordinal);
        var text = folder.Add("text.jsonl",
            """{"messages": "[{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Hello!\"}]"}""");
        Assert.Equal(["Hi", "Hello!"], Assert.Single(InstructionFile.Read(text)).Messages!.Select(m => m.Content));
    }

    public sealed class Pair
    {
        public string? prompt { get; set; }
        public string? chosen { get; set; }
        public string? rejected { get; set; }
    }

    [Fact]
    public async Task Preferences_are_read_too()
    {
        var path = await Write(new Pair { prompt = "2 + 2 =", chosen = " 4", rejected = " 5" });
        Assert.Equal([" 4", " 5"], Assert.Single(LabelledRanking.Read(new RankingOptions { Path = path })).Ranking.Answers);
    }

    [Fact]
    public async Task Damaged_files_are_refused_or_read()
    {
        var good = await File.ReadAllBytesAsync(await Write(
            new Outer { Id = 1, Inners = [new() { Name = "a", Numbers = [1, 2] }, new() { Numbers = [] }], Map = new() { ["k"] = "v" } }), Cancel);
        var refused = new List<string>();
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= (byte)(1 << i % 8);
            try
            {
                Read(folder.Add("bad.parquet", bad));
            }
            catch (MalformedFileException e)
            {
                refused.Add(e.Message);
            }
        }
        Assert.InRange(refused.Count, good.Length / 10, good.Length - 1);
        Assert.Contains(refused, m => m.Contains("has more or fewer values than the others", StringComparison.Ordinal));
    }
}
