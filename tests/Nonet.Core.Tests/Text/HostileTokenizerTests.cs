using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>Tokenizer files of our own making that would take a text's square, its cube or a power of two in time or memory.</summary>
public sealed class HostileTokenizerTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static JsonNode WordLevel => JsonNode.Parse("""{"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1}}""")!;

    Tokenizer Open(JsonNode? model = null, JsonNode? normalizer = null, JsonNode? pre = null, JsonNode? post = null, JsonNode? decoder = null,
        JsonNode? added = null)
    {
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = added ?? new JsonArray(),
            ["normalizer"] = normalizer,
            ["pre_tokenizer"] = pre,
            ["post_processor"] = post,
            ["decoder"] = decoder,
            ["model"] = model ?? WordLevel,
        };
        return Tokenizer.Load(folder.Add("tokenizer.json", System.Text.Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    static JsonObject Sequence(string list, int count, string part) =>
        new() { ["type"] = "Sequence", [list] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => JsonNode.Parse(part))]) };

    const string Double = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""",
        Bytes = """{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}""";

    void Refused(string field, Action<Tokenizer> work, Func<Tokenizer> open)
    {
        var (before, clock) = (GC.GetAllocatedBytesForCurrentThread(), ThreadClock.Start());
        var message = Assert.Throws<MalformedFileException>(() => work(open())).Message;
        Assert.Contains(folder["tokenizer.json"], message, StringComparison.Ordinal);
        Assert.Contains(field, message, StringComparison.Ordinal);
        clock.AssertAtMost(60); // about one is usual
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L << 20);
    }

    [Fact]
    public void Steps_that_double_a_text_are_stopped()
    {
        foreach (Action<Tokenizer> encode in new Action<Tokenizer>[] { t => t.Encode("a"), t => t.EncodePlain("a"), t => t.EncodeFull("a") })
        {
            Refused("normalizer", encode, () => Open(normalizer: Sequence("normalizers", 50, Double)));
            Refused("normalizer", encode, () =>
                Open(normalizer: new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(Sequence("normalizers", 40, Double)) }));
        }
        Refused("normalizer", t => t.Encode("é"), () => Open(normalizer: Sequence("normalizers", 40, """{"type": "ByteLevel"}""")));
        Refused("pre_tokenizer", t => t.Encode("é é é"), () => Open(pre: Sequence("pretokenizers", 40, Bytes)));
        Refused("normalizer", t => t.Encode("a"), () =>
            Open(normalizer: JsonNode.Parse("{\"type\": \"Prepend\", \"prepend\": \"" + new string('b', 70_000) + "\"}")));
        Refused("decoder", t => t.Decode([1, 1]), () => Open(decoder: Sequence("decoders", 60, Double)));
        Refused("decoder", t => t.CreateDecoder().Add(1), () => Open(decoder: Sequence("decoders", 60, Double)));
        Refused("at most 256 steps", _ => { }, () => Open(normalizer: Sequence("normalizers", 300, """{"type": "NFC"}""")));
    }

    [Fact]
    public void Half_a_million_steps_that_change_nothing_are_fine() // 32 steps, each over all of a text of 100,000 characters
    {
        var tokenizer = Open(normalizer: Sequence("normalizers", 32, """{"type": "NFKC"}"""),
            pre: Sequence("pretokenizers", 4, """{"type": "WhitespaceSplit"}"""));
        Assert.Equal(50_000, tokenizer.Encode(string.Concat(Enumerable.Repeat("a ", 50_000))).Length);
    }

    [Fact] // U+FDFA becomes 18 characters, of two bytes most of them
    public void The_largest_expansions_of_unicode_are_allowed() =>
        Assert.NotEmpty(Open(normalizer: Sequence("normalizers", 1, """{"type": "NFKD"}"""), pre: JsonNode.Parse(Bytes)).Encode(new string('\uFDFA', 10_000)));

    [Theory]
    [InlineData("""{"type": "Split", "pattern": {"Regex": "(?:[a-z]|[a-z][a-z]|[a-z][a-z][a-z])+[0-9]|[\\s\\S]"}, "behavior": "Isolated", "invert": false}""")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Split", "pattern": {"Regex": "(?:[a-z]|[a-z][a-z])+[0-9]|[\\s\\S]"}, "behavior": "Isolated"}]}""")]
    public void Patterns_have_one_limit_for_a_whole_text(string pre)
    {
        Refused("regular expression", t => t.Encode(new string('a', 6000)), () => Open(pre: JsonNode.Parse(pre)));
        Refused("regular expression", t => t.Encode(string.Join(' ', Enumerable.Repeat(new string('a', 28), 400))), () => Open(pre: JsonNode.Parse(pre)));
    }

    [Fact]
    public void Decoders_have_one_limit_for_all_tokens() => Refused("regular expression", t => t.Decode([.. Enumerable.Repeat(1, 500)]),
        () => Open(JsonNode.Parse("{\"type\": \"WordLevel\", \"unk_token\": \"<unk>\", \"vocab\": {\"<unk>\": 0, \"" + new string('a', 27) + "\": 1}}"),
            decoder: JsonNode.Parse("""{"type": "Replace", "pattern": {"Regex": "(a|aa)+$b"}, "content": ""}""")));

    [Fact]
    public void Long_words_of_word_pieces_take_linear_time()
    {
        var vocab = new JsonObject
        {
            ["[UNK]"] = 0,
            ["a"] = 1,
            [new string('a', 20_000) + "b"] = 2,
            ["##a"] = 3,
            ["##aab"] = 4,
            ["##aa"] = 5,
            ["##" + new string('a', 20_000) + "c"] = 6
        };
        var tokenizer = Open(
            new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = int.MaxValue,
                ["vocab"] = vocab
            });
        var clock = ThreadClock.Start();
        Assert.Equal([1, .. Enumerable.Repeat(5, 500_000)], tokenizer.Encode(new string('a', 1_000_001)));
        clock.AssertAtMost(60);
        Assert.Equal([1, 5, 5, 4], tokenizer.Encode("aaaaaaab"));
        Assert.Equal([1, .. Enumerable.Repeat(5, 49), 4], tokenizer.Encode(new string('a', 101) + "b"));
        Assert.Equal([0], tokenizer.Encode(new string('a', 100) + "x"));
        Assert.Equal([0], tokenizer.Encode("aax"));
    }

    [Theory] // a word of 65 characters and more is cut another way than a short one: they agree
    [InlineData(17), InlineData(64), InlineData(65), InlineData(200)]
    public void Short_and_long_words_of_word_pieces_are_cut_alike(int length)
    {
        var random = new Random(length);
        var vocab = new JsonObject { ["[UNK]"] = 0 };
        for (var id = 1; id < 300; id++)
            vocab[(random.Next(3) > 0 ? "##" : "") + string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => (char)('a' + random.Next(3))))] ??= id;
        var tokenizer = Open(new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["max_input_chars_per_word"] = 100_000, ["vocab"] = vocab });
        var ids = vocab.ToDictionary(v => v.Key, v => (int)v.Value!);
        for (var i = 0; i < 50; i++)
        {
            var word = string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(3))));
            var (wanted, at) = (new List<int>(), 0);
            while (at < length && Enumerable.Range(at + 1, Math.Min(8, length - at)).Reverse().Select(end => (at > 0 ? "##" : "") + word[at..end])
                .FirstOrDefault(ids.ContainsKey) is { } token)
            {
                wanted.Add(ids[token]);
                at += token.Length - (at > 0 ? 2 : 0);
            }
            Assert.Equal(at == length ? wanted : [0], tokenizer.Encode(word));
        }
    }

    [Fact]
    public void Long_tokens_that_begin_everywhere_are_stopped()
    {
        var (large, text) = (new string('a', 200_000), new string('a', 400_000));
        Refused("tokens that begin at too many places", t => t.Encode(text), () =>
            Open(added: JsonNode.Parse("[{\"id\": 2, \"content\": \"" + large + "b\", \"special\": true}]")));
        Refused("tokens that begin at too many places", t => t.Encode(text), () =>
            Open(JsonNode.Parse("{\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [[\"<unk>\", 0], [\"a\", -1], [\"" + large + "b\", -2]]}")));
    }

    [Fact]
    public void Post_processors_stand_in_any_order()
    {
        const string Bert = """{"type": "BertProcessing", "sep": ["a", 1], "cls": ["<unk>", 0]}""",
        Roberta = """{"type": "RobertaProcessing", "sep": ["a", 1], "cls": ["<unk>", 0]}""",
            Trim = """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}""",
            Template = """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<unk>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"<unk>": {"id": "<unk>", "ids": [0], "tokens": ["<unk>"]}}}""";
        Tokenizer With(params string[] parts) =>
            Open(pre: JsonNode.Parse("""{"type": "WhitespaceSplit"}"""),
            post: new JsonObject { ["type"] = "Sequence", ["processors"] = new JsonArray([.. parts.Select(p => JsonNode.Parse(p))]) });
        int[] Ids(Tokenizer tokenizer, string? pair = null) => [.. tokenizer.EncodeFull("a b", pair).Tokens.Select(t => t.Id)];
        // as tokenizers 0.23 has them
        Assert.Equal([0, 1, 0, 1], Ids(With(Bert, Trim)));
        Assert.Equal([0, 1, 0, 1, 1, 1], Ids(With(Bert, Trim), "a"));
        Assert.Equal([0, 1, 0, 1], Ids(With(Roberta, Trim)));
        Assert.Equal([0, 0, 1, 0, 1, 1], Ids(With(Roberta, Roberta)));
        Assert.Equal([0, 1, 0, 1], Ids(With(Trim, Roberta)));
        Assert.Equal([0, 0, 1, 1, 1, 0, 1], Ids(With(Template, Roberta)));
        Assert.Equal([0, 1, 0, 1, 1, 1, 1], Ids(With(Template, Roberta), "a"));
        Assert.Equal([0, 0, 1, 1, 0, 1], Ids(With(Template, Bert)));
        Assert.Equal([0, 0, 1, 0, 1], Ids(With(Bert, Template)));
        Assert.Contains("more than two sequences",
            Assert.Throws<MalformedFileException>(() =>
            Ids(With(Template.Replace("\"pair\"",
            "\"single\": [{\"Sequence\": {\"id\": \"A\"}}, {\"Sequence\": {\"id\": \"A\"}}, {\"Sequence\": {\"id\": \"A\"}}], \"pair\"",
            StringComparison.Ordinal), Template))).Message, StringComparison.Ordinal);
    }
}
