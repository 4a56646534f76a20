using System.Text;
using System.Text.Json.Nodes;
using Nonet.Fuzz.Making;
using Nonet.Text;
using Nonet.Text.SentencePiece;

namespace Nonet.Fuzz.Readers;

/// <summary>A SentencePiece model, field by field.</summary>
sealed class SentencePieceModel : Reader
{
    public override string Name => "SentencePiece";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var seed = SentencePieceProto.Write(dice.Of<SentencePieceDefinition>(SoundTokenizers.Definitions()));
        var structure = !dice.OneIn(4);
        var parts = ProtobufParts.Parse(seed, 1, 2, 3, 5);
        for (var times = sound || !structure ? 0 : 1 + dice.Below(3); times > 0; times--)
            parts.Damage(dice);
        Write(folder, "tokenizer.model", sound || structure ? parts.ToBytes() : ByteDamage.Of(seed, dice));
        return () => SoundTokenizers.Use(Tokenizer.Load(Path.Combine(folder, "tokenizer.model")));
    }
}

/// <summary>Lines of a token in base64 and its rank.</summary>
sealed class TiktokenRanksFile : Reader
{
    static readonly string seed =
        string.Join('\n',
        Enumerable.Range(0, 256).Select(b => Line([(byte)b], b))
        .Concat(((string[])["Th", " n", "ab", "aab", "12", "123", "don", "xyz"]).Select((t, i) => Line(Encoding.UTF8.GetBytes(t), 256 + i)))) + "\n";

    public override string Name => "tiktoken";

    public override int Share => 3;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        Write(folder, "cl100k_base.tiktoken", sound ? SoundModels.Utf8(seed) : TextDamage.Of(seed, dice));
        var special = JsonPart.Parse("""{"added_tokens_decoder": {"400": {"content": "<s>", "special": true}}}""");
        Write(folder, "tokenizer_config.json", sound || !dice.OneIn(4) ? special.ToBytes() : special.Damaged(dice));
        return () => SoundTokenizers.Use(Tokenizer.Load(folder));
    }

    static string Line(byte[] token, int rank) => $"{Convert.ToBase64String(token)} {rank}";
}

/// <summary>
/// The files of BERT (vocab.txt), GPT-2 (vocab.json, merges.txt) and what stands beside a vocabulary: tokenizer_config.json, special_tokens_map.json,
/// added_tokens.json.
/// </summary>
sealed class TokenizerSideFiles : Reader
{
    const string Bert = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##b\na\n##a\nna\n##i\n##ve\n1\n中\n";

    const string Config = """
        {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "strip_accents": null, "tokenize_chinese_chars": true, "cls_token": "[CLS]", "sep_token": {"content": "[SEP]", "special": true},
         "unk_token": "[UNK]", "mask_token": "[MASK]", "added_tokens_decoder": {"0": {"content": "[PAD]", "lstrip": false, "normalized": false, "rstrip": false, "single_word": false, "special": true},
         "14": {"content": "new", "special": false}}, "model_max_length": 512, "add_prefix_space": false}
        """;

    static readonly Lazy<(string Vocabulary, string Merges)> gpt2 = new(() =>
    {
        var vocabulary = new JsonObject();
        foreach (var b in Enumerable.Range(0, 256))
            vocabulary[ByteAlphabet.Character((byte)b).ToString()] = b;
        foreach (var token in new[] { "Th", "ab", "<|endoftext|>" })
            vocabulary[token] = vocabulary.Count;
        return (vocabulary.ToJsonString(), "#version: 0.2\nT h\na b\n");
    });

    public override string Name => "vocab and side files";

    public override int Share => 6;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var damaged = sound ? -1 : dice.Below(6);
        var bert = damaged is < 0 or > 3 ? dice.OneIn(2) : damaged == 0;
        if (bert)
            Write(folder, "vocab.txt", damaged == 0 ? TextDamage.Of(Bert, dice) : SoundModels.Utf8(Bert));
        else
        {
            Write(folder, "vocab.json", damaged is 1 or 3 ? JsonPart.Parse(gpt2.Value.Vocabulary).Damaged(dice) : SoundModels.Utf8(gpt2.Value.Vocabulary));
            Write(folder, "merges.txt", damaged is 2 or 3 ? TextDamage.Of(gpt2.Value.Merges, dice) : SoundModels.Utf8(gpt2.Value.Merges));
        }
        if (bert || damaged > 3)
            Write(folder, "tokenizer_config.json", damaged == 4 ? JsonPart.Parse(Config).Damaged(dice) : SoundModels.Utf8(bert ? Config : "{}"));
        if (damaged == 5)
        {
            Write(folder, "special_tokens_map.json",
                JsonPart.Parse("""{"cls_token": "[CLS]", "eos_token": {"content": "<|endoftext|>", "lstrip": false}, "additional_special_tokens": ["[X]", {"content": "[Y]"}]}""").Damaged(dice));
            Write(folder, "added_tokens.json", JsonPart.Parse("""{"[X]": 259, "[Y]": 260}""").Damaged(dice));
        }
        return () => SoundTokenizers.Use(Tokenizer.Load(folder));
    }
}
