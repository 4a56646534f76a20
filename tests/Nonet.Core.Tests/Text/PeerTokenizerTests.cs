using System.Text;
using System.Text.Json;
using CsCheck;
using Nonet.Data.Corpora;
using Nonet.Tests.Text.Bpe;
using Nonet.Text.Bpe;
using Nonet.Text.Splits;

namespace Nonet.Tests.Text;

/// <summary>Tokenizers trained here beside Hugging Face's tokenizers and transformers.</summary>
public class PeerTokenizerTests
{
    const string Train = """
        import json, sys
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers, Regex
        folder, vocab, pattern = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        t = Tokenizer(models.BPE())
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False) if pattern == "" else pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        t.train_from_iterator([open(folder + "/text.txt", newline="").read()], trainers.BpeTrainer(vocab_size=vocab, min_frequency=2,
            special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
        m = json.loads(t.to_str())["model"]["merges"]
        print(json.dumps([x if isinstance(x, str) else " ".join(x) for x in m]))
        """;

    const string Encode = """
        import json, sys
        from transformers import AutoTokenizer
        t = AutoTokenizer.from_pretrained(sys.argv[1])
        print(json.dumps([t.encode(s, add_special_tokens=False) for s in json.load(open(sys.argv[1] + "/strings.json"))]))
        """;

    [Theory]
    [InlineData(SplitPattern.Gpt2)]
    [InlineData(SplitPattern.Cl100k)]
    [InlineData(SplitPattern.Qwen2)]
    public void Merges_and_ids_are_theirs(SplitPattern pattern)
    {
        using var peer = new Peer();
        var text = TextFile.Read(Path.Combine(Repository.Folder, "data", "sherlock_holmes.txt"));
        File.WriteAllText(Path.Combine(peer.Folder, "text.txt"), text);
        var tokenizer = BpeTrainerTests.Train([text], new BpeTrainerOptions { Vocab = 3000, Pattern = pattern });
        tokenizer.Save(peer.Folder);
        var ours = BpeTrainerTests.Merges(Path.Combine(peer.Folder, "tokenizer.json"));
        var theirs = JsonSerializer.Deserialize<string[]>(
            peer.Python("-c", Train, peer.Inside, "3000",
                pattern switch { SplitPattern.Gpt2 => "", SplitPattern.Qwen2 => Cl100kSplit.Qwen2Pattern, _ => Cl100kSplit.Pattern }))!;
        Assert.Equal(theirs, ours);

        var strings = new List<string>();
        Gen.OneOf(Gen.String, Gen.Char[" \t\n\r'stdmSLle09é中½aB!?.-"].Array[0, 40].Select(c => new string(c)),
            Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Select(r => new Rune(r).ToString()).Array[0, 20].Select(string.Concat))
            // half of a pair is no text
            .Select(s => s.Replace("<|endoftext|>", "", StringComparison.Ordinal)).Where(s => !s.EnumerateRunes().Any(r => r.Value == 0xFFFD))
            .Sample(strings.Add, iter: 10_000, threads: 1);
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(strings));
        var ids = JsonSerializer.Deserialize<int[][]>(peer.Python("-c", Encode, peer.Inside))!;
        var different = strings.Zip(ids).Where(p => !tokenizer.Encode(p.First).AsSpan().SequenceEqual(p.Second)).Select(p => p.First).ToArray();
        Assert.True(different.Length == 0, $"{different.Length} of {strings.Count} differ, for one {JsonSerializer.Serialize(different.FirstOrDefault())}");
    }
}
