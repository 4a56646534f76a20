using System.Globalization;
using Nonet.Checkpoints.Gguf;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text;
using Nonet.Text.SentencePiece;

namespace Nonet.Tests.Text.Gguf;

public sealed class GgufSentencePieceTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    internal static SentencePieceTokenizer Bpe(bool bos = true) => new()
    {
        File = "x.model",
        AddBos = bos,
        Definition = new()
        {
            Kind = SentencePieceKind.Bpe,
            Bos = 1,
            Eos = 2,
            ByteFallback = true,
            RemoveExtraSpaces = false,
            Pieces =
            [
                new("<unk>", 0, PieceType.Unknown), new("<s>", 0, PieceType.Control), new("</s>", 0, PieceType.Control),
                .. Enumerable.Range(0, 256).Select(b => new ScoredPiece($"<0x{b:X2}>", 0, PieceType.Byte)),
                new("▁", -9), new("a", -9), new("b", -9), new("▁a", -1), new("ab", -2), new("▁▁", -3), new("user", 0, PieceType.UserDefined),
            ],
        },
    };

    internal static SentencePieceTokenizer Unigram() => new()
    {
        File = "x.model",
        AddEos = true,
        Definition = new()
        {
            Pieces = [new("<pad>", 0, PieceType.Control), new("</s>", 0, PieceType.Control), new("<unk>", 0, PieceType.Unknown), new("▁", -3), new("a", -3),
                new("b", -3), new("▁ab", -4)],
            Eos = 1,
            Pad = 0,
            CharsMap = new byte[] { 0, 0, 0, 0 },
        },
    };

    string Save(Tokenizer tokenizer, int vocab = 300)
    {
        var config = new LlamaConfig { Vocab = vocab, Context = 8, Layers = 1, Width = 32, Heads = 2, KvHeads = 1, Hidden = 32 };
        using var store = new ParameterStore(TinyModels.Cpu);
        config.Create(store.Root);
        store.FillForTraining(1);
        GgufModel.Save(folder["x.gguf"], config, store, tokenizer, "F32");
        return folder["x.gguf"];
    }

    [Theory]
    [InlineData("a b ab  abé", true)]
    [InlineData("user a<s>user", false)]
    public void A_bpe_comes_back_with_its_ids_and_marks(string text, bool bos)
    {
        var tokenizer = Bpe(bos).Build();
        var read = Tokenizer.Load(Save(tokenizer));
        Assert.Equal(tokenizer.Encode(text), read.Encode(text));
        Assert.Equal(tokenizer.Decode(tokenizer.Encode(text)), read.Decode(read.Encode(text)));
        Assert.Equal((300, 2), (read.Vocab, read.EndOfText)); // filled up to the model's vocabulary
    }

    [Fact]
    public void A_unigram_comes_back_too()
    {
        var tokenizer = Unigram().Build();
        var read = Tokenizer.Load(Save(tokenizer));
        Assert.Equal([6, 3, 2, 1], read.Encode(" ab   é "));
        Assert.Equal(tokenizer.Encode(" ab   é "), read.Encode(" ab   é "));
    }

    [Fact]
    public void A_tokenizer_json_of_the_same_kind_is_kept_by_its_merges()
    {
        var path = folder.Add("tokenizer.json", $$$$$"""
            {"added_tokens": [{"id": 1, "content": "<s>", "special": true}], "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
             "pre_tokenizer": null, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
               "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}, "decoder": null,
             "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
               "vocab": {"<unk>": 0, "<s>": 1, "▁": 2, "a": 3, "b": 4, "ba": 5, "▁ba": 6, "ab": 7, {{{{{string.Join(", ", Enumerable.Range(0, 256).Select(b => $"\"<0x{b:X2}>\": {b + 8}"))}}}}} },
               "merges": ["b a", "a b", "▁ ba"]}}
            """);
        var tokenizer = PipelineTokenizer.FromFile(path);
        var read = Tokenizer.Load(Save(tokenizer));
        foreach (var text in new[] { "ab", "ba abba", "aé", "<s>ba" })
            Assert.Equal(tokenizer.Encode(text), read.Encode(text));
    }

    [Fact] // what has no bytes spells unknown characters as the unknown token
    public void A_vocabulary_without_bytes_is_kept()
    {
        ScoredPiece[] pieces =
            [new("<unk>", 0, PieceType.Unknown), new("<s>", 0, PieceType.Control), new("</s>", 0, PieceType.Control), new("\u2581", -1), new("a", -2),
            new("b", -3), new("ba", -4)];
        var tokenizer = new SentencePieceTokenizer
        {
            Definition = new SentencePieceDefinition
            {
                Kind = SentencePieceKind.Bpe,
                Pieces = pieces,
                Bos = 1,
                Eos = 2,
                ByteFallback = false,
                RemoveExtraSpaces = false
            },
            File = "characters",
            AddBos = true,
        }.Build();
        var read = Tokenizer.Load(Save(tokenizer, pieces.Length));
        foreach (var text in new[] { "ba ab", "a\u00e9b", "" })
            Assert.Equal(tokenizer.Encode(text), read.Encode(text));
        Assert.Contains(0, read.Encode("a\u00e9b"));
    }

    [Fact]
    public void What_llama_cpp_would_not_do_is_refused()
    {
        string Refused(SentencePieceTokenizer tokenizer) => Assert.Throws<NotSupportedException>(() => Save(tokenizer.Build())).Message;
        Assert.Contains("that has bytes and does not fall back to them cannot be kept",
            Refused(Bpe() with { Definition = Bpe().Definition with { ByteFallback = false } }), StringComparison.Ordinal);
        Assert.Contains("that removes extra spaces cannot be kept", Refused(Bpe() with { Definition = Bpe().Definition with { RemoveExtraSpaces = true } }),
            StringComparison.Ordinal);
        Assert.Contains("with spaces at the ends of words", Refused(Unigram() with { Definition = Unigram().Definition with { SpaceAsSuffix = true } }),
            StringComparison.Ordinal);
        Assert.Contains("they do not belong together", Assert.Throws<ArgumentException>(() => Save(Bpe().Build(), 260)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("llama-spm")]
    public void The_vocabularies_of_llama_cpp_give_the_ids_beside_them(string name)
    {
        var file = SharedFolder.Find($"data/tokenizers/gguf-vocab/ggml-vocab-{name}.gguf");
        var tokenizer = Tokenizer.Load(file);
        var inputs = File.ReadAllText(file + ".inp").Split("\n__ggml_vocab_test__\n");
        var outputs = File.ReadAllText(file + ".out").Split('\n');
        for (var i = 0; i < inputs.Length; i++)
        {
            var expected = outputs[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture));
            Assert.Equal(expected, tokenizer.EncodePlain(inputs[i]));
        }
        Assert.Equal(47, inputs.Length);
    }
}
