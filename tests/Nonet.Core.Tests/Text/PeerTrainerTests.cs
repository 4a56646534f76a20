using System.Text.Json;
using Nonet.Data.Corpora;
using Nonet.Text;
using Nonet.Text.Unigram;
using Nonet.Text.WordPiece;

namespace Nonet.Tests.Text;

/// <summary>Trainers beside those of Hugging Face's tokenizers and of SentencePiece, and what they save as transformers opens it.</summary>
public class PeerTrainerTests
{
    /// <summary>
    /// The characters stand among the special tokens, so that they have our ids: by itself it numbers ## characters in the order of a hash table.
    /// </summary>
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
        ["", "It was the best of times.", "Caf\u00e9 \u4e2d\u6587 na\u00efve", "a  b\tc\nd", "[MASK] of <s> and </s>", "1859, 3.14 & \ud83d\ude00!",
            "unbelievably antidisestablishmentarianism", " lead", "\u2581x <0x41>"];

    static void AssertSameIds(Peer peer, PipelineTokenizer tokenizer, IReadOnlyList<string> texts, string kind)
    {
        tokenizer.Save(peer.Folder);
        File.WriteAllBytes(Path.Combine(peer.Folder, "strings.json"), JsonSerializer.SerializeToUtf8Bytes(texts));
        var ids = JsonSerializer.Deserialize<int[][]>(peer.Python("-c", Encode, peer.Inside, kind))!;
        foreach (var (text, theirs) in texts.Zip(ids))
            Assert.True(theirs.AsSpan().SequenceEqual(tokenizer.Encode(text)),
                $"'{text}': {string.Join(' ', theirs)} there, {string.Join(' ', tokenizer.Encode(text))} here");
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
        var tokenizer = WordPieceTrainer.Train([text], new WordPieceTrainerOptions { Vocab = vocab, LowerCase = lower },
            stopping: TestContext.Current.CancellationToken);
        var ours = Enumerable.Range(0, vocab).Select(id => tokenizer.TokenOf(id)!).ToArray();
        var characters = ours.Skip(5)
            .TakeWhile(t => t.EnumerateRunes().Count() is 1 or 3 && (t.StartsWith("##", StringComparison.Ordinal) || t.EnumerateRunes().Count() == 1));
        File.WriteAllBytes(Path.Combine(peer.Folder, "first.json"), JsonSerializer.SerializeToUtf8Bytes(ours.Take(5).Concat(characters)));
        Assert.Equal(JsonSerializer.Deserialize<string[]>(peer.Python("-c", WordPiece, peer.Inside, $"{vocab}", $"{lower}")), ours);
        AssertSameIds(peer, tokenizer, [.. strings, .. text.Split('\n').Take(500)], "bert");
    }

    /// <summary>
    /// Trains a model of SentencePiece on text.txt, opens ours, and prints for both the tokens of held.txt and the logarithm of its probability, without what
    /// is unknown.
    /// </summary>
    const string Unigram = """
        import json, sys
        import sentencepiece
        from tokenizers import Tokenizer
        folder, vocab = sys.argv[1], int(sys.argv[2])
        sentencepiece.SentencePieceTrainer.train(input=folder + "/text.txt", model_prefix=folder + "/theirs", model_type="unigram", vocab_size=vocab, num_threads=2,
            minloglevel=2, normalization_rule_name="identity", remove_extra_whitespaces=False)
        theirs = sentencepiece.SentencePieceProcessor(model_file=folder + "/theirs.model")
        ours = Tokenizer.from_file(folder + "/tokenizer.json")
        scores = [s for _, s in json.load(open(folder + "/tokenizer.json"))["model"]["vocab"]]
        lines = open(folder + "/held.txt").read().split("\n")
        a = [i for l in lines for i in theirs.encode(l)]
        b = [i for l in lines for i in ours.encode(l, add_special_tokens=False).ids]
        print(json.dumps([len(a), sum(theirs.get_score(i) for i in a if i), len(b), sum(scores[i] for i in b if i)]))
        """;

    /// <summary>Lines of a novel: of each ten one is held out.</summary>
    [Theory]
    [InlineData("middlemarch.txt", 4000)]
    [InlineData("moby_dick.txt", 8000)]
    public void Unigram_pieces_are_as_good_as_theirs_on_held_out_text(string novel, int vocab)
    {
        using var peer = new Peer();
        var lines = Novel(novel).Split('\n').Where(l => !string.IsNullOrWhiteSpace(l)).ToArray();
        var (seen, held) = (lines.Where((_, i) => i % 10 != 0).ToArray(), lines.Where((_, i) => i % 10 == 0).ToArray());
        File.WriteAllText(Path.Combine(peer.Folder, "text.txt"), string.Join('\n', seen));
        File.WriteAllText(Path.Combine(peer.Folder, "held.txt"), string.Join('\n', held));
        var tokenizer = UnigramTrainer.Train(seen, new UnigramTrainerOptions { Vocab = vocab, ByteFallback = false },
            stopping: TestContext.Current.CancellationToken);
        Assert.Equal(vocab, tokenizer.Vocab);
        tokenizer.Save(peer.Folder);
        var found = JsonSerializer.Deserialize<double[]>(peer.Python("-c", Unigram, peer.Inside, $"{vocab}"))!;
        Assert.True(found[2] <= 1.01 * found[0], $"{found[2]} tokens here, {found[0]} there");
        Assert.True(found[3] >= 1.01 * found[1], $"log-likelihood {found[3]} here, {found[1]} there");
    }

    [Theory]
    [InlineData(UnigramNormalization.None, true)]
    [InlineData(UnigramNormalization.Nfkc, true)]
    [InlineData(UnigramNormalization.None, false)]
    public void Unigram_ids_are_theirs(UnigramNormalization normalization, bool byteFallback)
    {
        using var peer = new Peer();
        var text = Novel("sherlock_holmes.txt");
        var options = new UnigramTrainerOptions
        {
            Vocab = 3000,
            Normalization = normalization,
            ByteFallback = byteFallback,
            Special = ["<pad>"],
            UserDefined = ["of times"]
        };
        AssertSameIds(peer, UnigramTrainer.Train([text], options, stopping: TestContext.Current.CancellationToken),
            [.. strings, .. text.Split('\n').Take(500), text[..20_000]], "any");
    }
}
