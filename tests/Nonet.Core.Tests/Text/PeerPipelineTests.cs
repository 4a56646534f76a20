using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>Every kind of part of tokenizer.json beside Hugging Face's tokenizers: ids, offsets, segments, masks, truncation, padding, decoded text.</summary>
public class PeerPipelineTests
{
    public static readonly TheoryData<string> Names =
    [
        "bpe", "bpe-prefix", "bpe-o200k", "bpe-qwen2", "bpe-deepseek", "bpe-kimi", "bpe-digits", "bpe-normalized", "bpe-bytes-normalizer", "bpe-added", "bpe-added-lower", "llama", "llama-added",
        "mistral", "gemma", "clip", "bpe-continuing", "bpe-unknown", "bert", "bert-cased", "bert-added", "wordpiece-nfkc", "unigram", "unigram-t5", "unigram-xlnet", "unigram-bytes", "words", "words-scripts",
        "words-delimiter", "words-previous", "words-contiguous",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tokenizer_json_does_what_it_does_there(string name)
    {
        using var peer = new Peer();
        File.Copy(Path.Combine(Repository.Folder, "data", "sherlock_holmes.txt"), Path.Combine(peer.Folder, "text.txt"));
        if (name == "unigram-t5")
            File.Copy(SharedFolder.Find("data/tokenizers/sentencepiece/test_model.model"), Path.Combine(peer.Folder, "test_model.model"));
        File.Copy(Path.Combine(Repository.Folder, "tests", "Nonet.Core.Tests", "Text", "peer_pipelines.py"), Path.Combine(peer.Folder, "peer_pipelines.py"));
        var strings = RandomStrings.Make(int.Parse(Environment.GetEnvironmentVariable("NONET_STRINGS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture));
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(strings));
        peer.Python($"{peer.Inside}/peer_pipelines.py", peer.Inside, name);
        var expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(peer.Folder, "expected.json")))!;
        var tokenizer = (PipelineTokenizer)Tokenizer.Load(peer.Folder);

        var failures = new List<string>();
        var padded = new EncodeOptions { Truncation = new Truncation(8), Padding = new Padding(3, MultipleOf: 4) };
        var i = 0;
        for (; i < strings.Count; i++)
        {
            var (text, ids) = (strings[i], Ints(expected["ids"]![i]!));
            Same("ids", ids, tokenizer.Encode(text));
            var encoded = tokenizer.EncodeFull(text);
            Same("full ids", ids, encoded.Ids);
            Same("offsets", [.. expected["offsets"]![i]!.AsArray().SelectMany(o => Ints(o!))], Characters(text, encoded));
            var decoded = tokenizer.Decode(ids);
            if (decoded != expected["decoded"]![i]!.GetValue<string>())
                Fail("decoded", expected["decoded"]![i]!.ToJsonString(), JsonSerializer.Serialize(decoded));
            var stream = tokenizer.CreateDecoder();
            var streamed = string.Concat(ids.Select(stream.Add).Append(stream.Finish()));
            if (streamed != decoded && !decoded.Contains('\uFFFD', StringComparison.Ordinal) && !name.StartsWith("clip", StringComparison.Ordinal))
                Fail("streamed", JsonSerializer.Serialize(decoded), JsonSerializer.Serialize(streamed));
            if (i >= 300)
                continue;
            Same("plain", Ints(expected["plain"]![i]!), tokenizer.Encode(text, marks: false));
            var pair = tokenizer.EncodeFull(text, strings[i + 1]);
            var theirs = expected["pairs"]![i]!;
            Same("pair ids", Ints(theirs[0]!), pair.Ids);
            Same("pair types", Ints(theirs[1]!), pair.Types);
            Same("pair mask", Ints(theirs[2]!), pair.SpecialMask);
            var cut = tokenizer.EncodeFull(text, null, padded);
            Same("cut", [.. expected["cut"]![i]!.AsArray().SelectMany(p => Ints(p!))], [.. cut.Ids, .. cut.AttentionMask]);
            var windows = tokenizer.EncodeFull(text, null, new EncodeOptions { Marks = false, Truncation = new Truncation(8, 2) });
            Same("windows", [.. expected["windows"]![i]!.AsArray().SelectMany(p => Ints(p!))], [.. windows.Overflow.Prepend(windows).SelectMany(p => p.Ids)]);
        }
        Assert.True(failures.Count == 0, $"{failures.Count} differ: {string.Join('\n', failures.DistinctBy(f => f.Split('[', ' ')[0]))}");

        void Same(string what, int[] expected, int[] actual)
        {
            var at = expected.AsSpan().CommonPrefixLength(actual);
            if (at < Math.Max(expected.Length, actual.Length))
                Fail($"{what}[{at}]", $"{string.Join(',', expected.Skip(at).Take(8))}", $"{string.Join(',', actual.Skip(at).Take(8))}");
        }

        void Fail(string what, string expected, string actual) => failures.Add($"{what}: expected {expected}, is {actual}, of {JsonSerializer.Serialize(strings[i])}");
    }

    static int[] Ints(JsonNode node) => [.. node.AsArray().Select(n => n!.GetValue<int>())];

    /// <summary>Offsets in code points, as Python counts.</summary>
    static int[] Characters(string text, Encoded encoded)
    {
        var at = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
            at[i + 1] = at[i] + (char.IsLowSurrogate(text[i]) ? 0 : 1);
        return [.. encoded.Tokens.SelectMany(t => new[] { at[t.Start], at[t.End] })];
    }
}
