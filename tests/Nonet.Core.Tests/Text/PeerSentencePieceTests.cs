using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>SentencePiece models of every kind beside the sentencepiece library: ids, spans and decoded text of random strings, and of the pages of a book.</summary>
public class PeerSentencePieceTests
{
    public static readonly TheoryData<string> Names =
    [
        "test_model", "torchtune_m", "bpe", "bpe-llama", "bpe-gemma", "bpe-across", "bpe-suffix", "unigram", "unigram-folded", "unigram-bytes", "unigram-across", "unigram-suffix", "words", "characters",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_gives_the_ids_that_it_gives_there(string name)
    {
        using var peer = new Peer();
        Prepare(peer, name, out var strings);
        var expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(peer.Folder, "expected.json")))!;
        var tokenizer = Tokenizer.Load(Path.Combine(peer.Folder, "tokenizer.model"));

        var failures = new List<string>();
        for (var i = 0; i < strings.Count; i++)
        {
            var ids = Ints(expected["ids"]![i]!);
            Same("ids", i, ids, tokenizer.EncodePlain(strings[i]));
            Same("again", i, ids, tokenizer.EncodePlain(strings[i])); // from memory
            if (!tokenizer.Encode(strings[i], marks: false).SequenceEqual(ids))
                continue; // it has a mark spelled out
            var encoded = tokenizer.EncodeFull(strings[i], null, new EncodeOptions { Marks = false });
            Same("full ids", i, ids, encoded.Ids);
            if (strings[i].All(char.IsAscii) && !name.Contains("suffix", StringComparison.Ordinal) && !name.Contains("bytes", StringComparison.Ordinal)) // what becomes several belongs to the last of them there, to all here
                Same("ends", i, [.. expected["spans"]![i]!.AsArray().Select(s => s![1]!.GetValue<int>())], Ends(strings[i], encoded));
            if (tokenizer.Decode(ids) is var text && text != expected["decoded"]![i]!.GetValue<string>())
                failures.Add($"decoded: expected {expected["decoded"]![i]!.ToJsonString()}, is {JsonSerializer.Serialize(text)}");
            var stream = tokenizer.CreateDecoder();
            if (string.Concat(ids.Select(stream.Add).Append(stream.Finish())) is var streamed && streamed != text && !text.Contains('\uFFFD', StringComparison.Ordinal))
                failures.Add($"streamed: expected {JsonSerializer.Serialize(text)}, is {JsonSerializer.Serialize(streamed)}");
        }
        Assert.True(failures.Count == 0, $"{failures.Count} differ: {string.Join('\n', failures.DistinctBy(f => f.Split(' ')[0]))}");

        void Same(string what, int i, int[] expected, int[] actual)
        {
            var at = expected.AsSpan().CommonPrefixLength(actual);
            if (at < Math.Max(expected.Length, actual.Length))
                failures.Add($"{what} {at}: expected {string.Join(',', expected.Skip(at).Take(8))}, is {string.Join(',', actual.Skip(at).Take(8))}, of {JsonSerializer.Serialize(strings[i][..Math.Min(200, strings[i].Length)])}");
        }
    }

    [Theory]
    [InlineData("bpe-llama", 0)]
    [InlineData("bpe-gemma", 5)] // of 1,000: a piece of two spaces that users defined is looked for there before spaces are U+2581
    [InlineData("bpe", 5)] // there rules of normalisation act on whole characters
    [InlineData("unigram", 5)]
    [InlineData("torchtune_m", 5)]
    public void Transformers_opens_what_is_saved(string name, int most)
    {
        using var peer = new Peer();
        Prepare(peer, name, out var strings);
        var tokenizer = Tokenizer.Load(Path.Combine(peer.Folder, "tokenizer.model"));
        tokenizer.Save(Path.Combine(peer.Folder, "saved"));
        peer.Python($"{peer.Inside}/peer_sentencepiece.py", peer.Inside, "saved");
        var opened = JsonNode.Parse(File.ReadAllBytes(Path.Combine(peer.Folder, "opened.json")))!.AsArray();
        var differ = strings.Where((text, i) => !tokenizer.Encode(text).SequenceEqual(Ints(opened[i]!))).Select(t => JsonSerializer.Serialize(t)).ToList();
        Assert.True(differ.Count * 1000 <= most * strings.Count, $"{differ.Count} of {strings.Count} differ: {string.Join('\n', differ.Take(9))}");
    }

    static void Prepare(Peer peer, string name, out List<string> strings)
    {
        var book = File.ReadAllText(Path.Combine(Repository.Folder, "data", "sherlock_holmes.txt"));
        File.WriteAllText(Path.Combine(peer.Folder, "text.txt"), book);
        if (name.Contains('_', StringComparison.Ordinal))
            File.Copy(SharedFolder.Find($"data/tokenizers/sentencepiece/{name}.model"), Path.Combine(peer.Folder, "tokenizer.model"));
        File.Copy(Path.Combine(Repository.Folder, "tests", "Nonet.Core.Tests", "Text", "peer_sentencepiece.py"), Path.Combine(peer.Folder, "peer_sentencepiece.py"));
        strings = [.. RandomStrings.Make(int.Parse(Environment.GetEnvironmentVariable("NONET_STRINGS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture)), "", "   ", .. book.Chunk(2000).Select(page => new string(page))];
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(strings));
        peer.Python($"{peer.Inside}/peer_sentencepiece.py", peer.Inside, name);
    }

    static int[] Ints(JsonNode node) => [.. node.AsArray().Select(n => n!.GetValue<int>())];

    /// <summary>Where tokens end, in code points, as Python counts.</summary>
    static int[] Ends(string text, Encoded encoded)
    {
        var at = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
            at[i + 1] = at[i] + (char.IsLowSurrogate(text[i]) ? 0 : 1);
        return [.. encoded.Tokens.Select(t => at[t.End])];
    }
}
