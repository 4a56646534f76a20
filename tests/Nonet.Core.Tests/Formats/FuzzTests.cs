using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Checkpoints.Llama2c;
using Nonet.Formats;
using Nonet.Formats.Gguf;
using Nonet.Formats.PyTorch;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tests.Checkpoints.Llama2c;
using Nonet.Tests.Formats.PyTorch;
using Nonet.Tests.Text.Gguf;
using Nonet.Tests.Text.Llama2c;
using Nonet.Text;
using Nonet.Text.Llama2c;
using Nonet.Text.SentencePiece;

namespace Nonet.Tests.Formats;

public sealed class FuzzTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly LlamaConfig llama = new() { Vocab = 259, Context = 8, Layers = 1, Width = 32, Heads = 2, KvHeads = 1, Hidden = 32 };
    static readonly GptConfig gpt = new() { Vocab = 257, Context = 8, Layers = 1, Width = 32, Heads = 2 };

    static ParameterStore Filled(ModelConfig config)
    {
        var store = new ParameterStore(Models.TinyModels.Cpu);
        config.Create(store.Root);
        store.FillForTraining(1);
        return store;
    }

    static void ReadAll(ITensorStore file)
    {
        foreach (var tensor in file.Tensors.Values.Where(t => t.DType is not null && t.Shape.Count <= Shape.MaxRank))
        {
            using var scope = new TensorScope();
            tensor.Read(Models.TinyModels.Cpu);
        }
    }

    static void Encode(Tokenizer tokenizer)
    {
        try
        {
            tokenizer.Decode(tokenizer.Encode("a b ab <s> é user"));
        }
        catch (Nonet.Text.Segmentation.UnknownTokenException)
        {
            // the vocabulary is one that cannot say this
        }
    }

    [Fact]
    public void Safetensors()
    {
        var path = folder["x.safetensors"];
        var seeds = new[] { (ModelConfig)llama, gpt }.Select(config =>
        {
            using var store = Filled(config);
            HuggingFaceFolder.Save(folder.Path, config, store);
            return File.ReadAllBytes(folder["model.safetensors"]);
        }).ToArray();
        Fuzz.Run(path, seeds, () => ReadAll(SafetensorsFile.Open(path)));
    }

    [Fact]
    public void Gguf()
    {
        var path = folder["x.gguf"];
        var seeds = new[] { ((ModelConfig)llama, "F16"), (gpt, "Q8_0"), (llama, "Q8_0") }.Select(c =>
        {
            using var store = Filled(c.Item1);
            GgufModel.Save(path, c.Item1, store, new ByteTokenizer(), c.Item2);
            return File.ReadAllBytes(path);
        }).ToArray();
        Fuzz.Run(path, seeds, () =>
        {
            ReadAll(GgufFile.Open(path));
            GgufModel.Open(path);
        });
    }

    [Fact]
    public void PyTorch()
    {
        var path = folder["x.pt"];
        Fuzz.Run(path, [PyTorchFileTests.Archive(PyTorchFileTests.Sound)], () => ReadAll(PyTorchFile.Open(path)));
    }

    [Fact]
    public void PyTorch_stream()
    {
        var path = folder["x.bin"];
        Fuzz.Run(path, [PyTorchStreamTests.Sound], () => ReadAll(PyTorchFile.Open(path)));
    }

    [Fact]
    public void Llama2c()
    {
        var path = folder["x.bin"];
        Fuzz.Run(path, [Llama2cFileTests.Checkpoint(tied: true), Llama2cFileTests.Checkpoint(tied: false)], () => ReadAll(Llama2cFile.Open(path)));
    }

    [Fact]
    public void Llama2c_tokenizer()
    {
        var path = folder["tok.bin"];
        Fuzz.Run(path, [Llama2cTokenizerTests.Sound()], () => Llama2cTokenizer.Open(path, 262).Encode("b <s> é"));
    }

    [Fact]
    public void SentencePiece_model()
    {
        var path = folder["x.model"];
        SentencePieceDefinition[] models =
        [
            GgufSentencePieceTests.Bpe().Definition, GgufSentencePieceTests.Unigram().Definition,
            GgufSentencePieceTests.Unigram().Definition with { Kind = SentencePieceKind.Word, SpaceAsSuffix = true },
            GgufSentencePieceTests.Unigram()
                .Definition with { CharsMap =
                Convert.FromHexString("10000000") .Concat(new byte[] { 0, 4, 0, 0, 0x61, 5, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, (byte)'b', 0 }).ToArray() },
        ];
        Fuzz.Run(path, [.. models.Select(SentencePieceProto.Write)], () => Encode(Tokenizer.Load(path)));
    }

    [Fact]
    public void Gguf_vocabulary()
    {
        var path = folder["x.gguf"];
        var config = llama with { Vocab = 270 };
        var seeds = new[] { GgufSentencePieceTests.Bpe(), GgufSentencePieceTests.Unigram() }.Select(t =>
        {
            using var store = Filled(config);
            GgufModel.Save(path, config, store, t.Build(), "Q8_0");
            return File.ReadAllBytes(path);
        }).ToArray();
        Fuzz.Run(path, seeds, () => Encode(Tokenizer.Load(path)));
    }

    [Fact]
    public void Config_json()
    {
        var path = folder["config.json"];
        ModelConfig[] configs =
        [
            llama, gpt, new Gpt3Config { Vocab = 9 }, new GptJConfig { Vocab = 9 }, llama with { RopeScaling = new Nonet.Models.Layers.YarnRope(4, 100) },
            new Qwen3Config { Vocab = 9, Window = 5, Windowed = new(false, true) }, new Gemma3Config { Vocab = 9 }, new BertConfig { Vocab = 9 },
            new T5Config { Vocab = 9 }, new TransformerConfig { Vocab = 9 },
        ];
        Fuzz.Run(path, [.. configs.Select(c => System.Text.Encoding.UTF8.GetBytes(HuggingFaceFolder.ToJson(c).ToJsonString()))], () =>
            HuggingFaceFolder.ReadConfig(path));
    }
}
