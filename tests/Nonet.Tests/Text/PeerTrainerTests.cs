using System.Text.Json;
using Nonet.Data;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>Trainers beside those of Hugging Face's tokenizers and of SentencePiece, and what they save as transformers opens it.</summary>
public class PeerTrainerTests
{
    /// <summary>The characters stand among the special tokens, so that they have our ids: by itself it numbers ## characters in the order of a hash table.</summary>
    const string WordPiece = """
        import json, sys
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
        folder, vocab, lower = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
        t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        t.normalizer = normalizers.BertNormalizer(lowercase=lower)
        t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        t.train_from_iterator([open(folder + "/text.txt", newline="").read()], trainers.WordPieceTrainer(vocab_size=vocab, min_frequency=2,
            special_tokens=json.load(open(folder + "/first.json")), show_progress=False))
        v = t.get_vocab()
        print(json.dumps(sorted(v, key=v.get)))
        """;

    const string Encode = """
        import json, sys
        from transformers import AutoTokenizer, BertTokenizerFast
        folder, kind = sys.argv[1:3]
        strings = json.load(open(folder + "/strings.json"))
        both = [k.from_pretrained(folder) for k in ([AutoTokenizer, BertTokenizerFast] if kind == "bert" else [AutoTokenizer])]
        ids = [[t.encode(s) for s in strings] for t in both]
        assert all(i == ids[0] for i in ids)
        print(json.dumps(ids[0]))
        """;

    static string Novel(string name) => TextFile.Read(Path.Combine(Repository.Folder, "data", name));

    static readonly string[] strings =
        ["", "It was the best of times.", "Caf\u00e9 \u4e2d\u6587 na\u00efve", "a  b\tc\nd", "[MASK] of <s> and </s>", "1859, 3.14 & \ud83d\ude00!", "unbelievably antidisestablishmentarianism", " lead", "\u2581x <0x41>"];

    static void AssertSameIds(Peer peer, PipelineTokenizer tokenizer, IReadOnlyList<string> texts, string kind)
    {
        tokenizer.Save(peer.Folder);
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(texts));
        var ids = JsonSerializer.Deserialize<int[][]>(peer.Python("-c", Encode, peer.Inside, kind))!;
        foreach (var (text, theirs) in texts.Zip(ids))
            Assert.True(theirs.AsSpan().SequenceEqual(tokenizer.Encode(text)), $"'{text}': {string.Join(' ', theirs)} there, {string.Join(' ', tokenizer.Encode(text))} here");
    }

    [Theory]
    [InlineData("sherlock_holmes.txt", 4000, true)]
    [InlineData("middlemarch.txt", 8000, true)]
    [InlineData("moby_dick.txt", 6000, false)]
    public void Word_pieces_and_ids_are_theirs(string novel, int vocab, bool lower)
    {
        using var peer = new Peer();
        var text = Novel(novel);
        File.WriteAllText(Path.Combine(peer.Folder, "text.txt"), text);
        var tokenizer = WordPieceTrainer.Train([text], new WordPieceTrainerOptions { Vocab = vocab, LowerCase = lower }, stopping: TestContext.Current.CancellationToken);
        var ours = Enumerable.Range(0, vocab).Select(id => tokenizer.TokenOf(id)!).ToArray();
        var characters = ours.Skip(5).TakeWhile(t => t.EnumerateRunes().Count() is 1 or 3 && (t.StartsWith("##", StringComparison.Ordinal) || t.EnumerateRunes().Count() == 1));
        File.WriteAllBytes(Path.Combine(peer.Folder, "first.json"), JsonSerializer.SerializeToUtf8Bytes(ours.Take(5).Concat(characters)));
        Assert.Equal(JsonSerializer.Deserialize<string[]>(peer.Python("-c", WordPiece, peer.Inside, $"{vocab}", $"{lower}")), ours);
        AssertSameIds(peer, tokenizer, [.. strings, .. text.Split('\n').Take(500)], "bert");
    }
}
