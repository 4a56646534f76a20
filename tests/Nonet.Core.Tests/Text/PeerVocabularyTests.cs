using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>
/// Published vocabularies: opened here, saved as tokenizer.json, opened there; ids and decoded text of random strings. NONET_STRINGS is their number (2,000
/// where it is not set).
/// </summary>
public class PeerVocabularyTests
{
    const string Encode = """
        import json, sys
        from transformers import AutoTokenizer
        t = AutoTokenizer.from_pretrained(sys.argv[1])
        b = t.backend_tokenizer
        strings = json.load(open(sys.argv[1] + "/strings.json"))
        ids = [b.encode(s).ids for s in strings]
        assert ids[:500] == [t.encode(s) for s in strings[:500]]
        json.dump({"ids": ids, "decoded": [b.decode(i, skip_special_tokens=False) for i in ids]}, open(sys.argv[1] + "/expected.json", "w"))
        """;

    static Tokenizer Open(string name)
    {
        using var folder = new TemporaryFolder();
        var fixtures = SharedFolder.Find("data/tokenizers");
        switch (name)
        {
            case "gpt2":
                return Tokenizer.Load(Path.Combine(fixtures, "gpt2"));
            case "qwen": // its pattern, on another's ranks
                File.Copy(Path.Combine(fixtures, "tiktoken", "cl100k_base.tiktoken"), folder["qwen.tiktoken"]);
                return Tokenizer.Load(folder.Path);
            case "llama3":
                File.Copy(Path.Combine(fixtures, "tiktoken", "cl100k_base.tiktoken"), folder["tokenizer.model"]);
                return Tokenizer.Load(folder.Path);
            case "bert":
                return Tokenizer.Load(Path.Combine(fixtures, "bert-base-uncased", "vocab.txt"));
            default:
                return Tokenizer.Load(Path.Combine(fixtures, "tiktoken", name + ".tiktoken"));
        }
    }

    [Theory]
    [InlineData("gpt2", true)]
    [InlineData("cl100k_base", true)]
    [InlineData("o200k_base", true)]
    [InlineData("qwen", false)] // in normal form C
    [InlineData("llama3", true)]
    [InlineData("bert", false)]
    public void Ids_are_theirs_and_come_back_as_the_text(string name, bool exactly)
    {
        using var peer = new Peer();
        var tokenizer = Open(name);
        tokenizer.Save(peer.Folder);
        var strings = RandomStrings.Make(int.Parse(Environment.GetEnvironmentVariable("NONET_STRINGS") ?? "2000", CultureInfo.InvariantCulture));
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(strings));
        peer.Python("-c", Encode, peer.Inside);
        var expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(peer.Folder, "expected.json")))!;
        var different = new List<string>();
        for (var i = 0; i < strings.Count; i++)
        {
            var (text, ids) = (strings[i], expected["ids"]![i]!.AsArray().Select(n => n!.GetValue<int>()).ToArray());
            var ours = tokenizer.Encode(text);
            if (!ours.AsSpan().SequenceEqual(ids) || !tokenizer.EncodeFull(text).Ids.AsSpan().SequenceEqual(ids))
                different.Add($"ids of {JsonSerializer.Serialize(text)}: {string.Join(',', ids)}, are {string.Join(',', ours)}");
            else if (tokenizer.Decode(ids) != expected["decoded"]![i]!.GetValue<string>())
                different.Add($"decoded, of {JsonSerializer.Serialize(text)}: {expected["decoded"]![i]!.ToJsonString()}, is "
                    + $"{JsonSerializer.Serialize(tokenizer.Decode(ids))}");
            else if (exactly && tokenizer.Decode(tokenizer.EncodePlain(text)) != text)
                different.Add($"{JsonSerializer.Serialize(text)} does not come back");
        }
        Assert.True(different.Count == 0, $"{different.Count} of {strings.Count}: {different.FirstOrDefault()}");
    }
}
