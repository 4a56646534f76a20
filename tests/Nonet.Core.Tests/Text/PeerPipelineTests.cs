using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>Every kind of part of tokenizer.json beside Hugging Face's tokenizers: ids, offsets, segments, masks, truncation, padding, decoded text.</summary>
public class PeerPipelineTests
{
    public static readonly TheoryData<string> Names =
    [
        "bpe", "bpe-prefix", "bpe-o200k", "bpe-qwen2", "bpe-deepseek", "bpe-kimi", "bpe-digits", "bpe-normalized", "bpe-bytes-normalizer", "bpe-added",
        "bpe-added-lower", "llama", "llama-added",
        "mistral", "gemma", "clip", "bpe-continuing", "bpe-unknown", "bert", "bert-cased", "bert-added", "wordpiece-nfkc", "unigram", "unigram-t5",
        "unigram-xlnet", "unigram-bytes", "words", "words-scripts",
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
        var strings = RandomStrings.Make(
            int.Parse(Environment.GetEnvironmentVariable("NONET_STRINGS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture));
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(strings));
        peer.Python($"{peer.Inside}/peer_pipelines.py", peer.Inside, name);
        var expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(peer.Folder, "expected.json")))!;
        var tokenizer = (PipelineTokenizer)Tokenizer.Load(peer.Folder);

        var failures = PipelineParity.Failures(tokenizer, strings, expected, 0..300, streams: !name.StartsWith("clip", StringComparison.Ordinal));
        Assert.True(failures.Count == 0, $"{failures.Count} differ: {string.Join('\n', failures.DistinctBy(f => f.Split('[', ' ')[0]))}");
    }
}
