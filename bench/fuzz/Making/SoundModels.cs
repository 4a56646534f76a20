using System.Text;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Gguf;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Models.Layers;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Fuzz.Making;

/// <summary>Small sound models of every family, and their files.</summary>
static class SoundModels
{
    public static readonly CpuDevice Device = new(1);

    public static readonly LlamaConfig Llama = new() { Vocab = 259, Context = 8, Layers = 1, Width = 32, Heads = 2, KvHeads = 1, Hidden = 32 };
    public static readonly GptConfig Gpt = new() { Vocab = 257, Context = 8, Layers = 1, Width = 32, Heads = 2 };
    public static readonly BertConfig Bert =
        new() { Vocab = 30, Context = 16, Layers = 1, Width = 8, Heads = 2, Hidden = 8, Head = ModelHead.SequenceClassification, Labels = ["no", "yes"] };

    public static readonly ModelConfig[] All =
    [
        Llama, Gpt,
        new Gpt3Config { Vocab = 9, Context = 8, Layers = 1, Width = 8, Heads = 2, Band = 3 },
        new GptJConfig { Vocab = 9, Context = 8, Layers = 1, Width = 8, Heads = 2, RotaryWidth = 2 },
        Llama with { RopeScaling = new YarnRope(4, 100) },
        new MistralConfig { Vocab = 9, Context = 8, Layers = 2, Width = 8, Heads = 2, KvHeads = 1, Hidden = 8, Window = 4 },
        new Qwen2Config { Vocab = 9, Context = 8, Layers = 2, Width = 8, Heads = 2, KvHeads = 1, Hidden = 8 },
        new Qwen3Config { Vocab = 9, Context = 8, Layers = 2, Width = 8, Heads = 2, KvHeads = 1, HeadWidth = 4, Hidden = 8, Window = 5,
            Windowed = new(false, true) },
        new Phi3Config { Vocab = 9, Context = 8, Layers = 1, Width = 8, Heads = 2, KvHeads = 2, Hidden = 8 },
        new Gemma2Config { Vocab = 9, Context = 8, Layers = 2, Width = 8, Heads = 2, KvHeads = 1, HeadWidth = 4, Hidden = 8, Window = 4 },
        new Gemma3Config { Vocab = 9, Context = 8, Layers = 2, Width = 8, Heads = 2, KvHeads = 1, HeadWidth = 4, Hidden = 8, Window = 4 },
        Bert,
        new RobertaConfig { Vocab = 9, Context = 8, Layers = 1, Width = 8, Heads = 2, Hidden = 8, Head = ModelHead.Masked },
        new T5Config { Vocab = 9, EncoderLayers = 1, DecoderLayers = 1, Width = 8, Heads = 2, HeadWidth = 4, Hidden = 8 },
        new TransformerConfig { Vocab = 9, Context = 8, EncoderLayers = 1, DecoderLayers = 1, Width = 8, EncoderHeads = 2, DecoderHeads = 2, EncoderHidden = 8,
            DecoderHidden = 8 },
    ];

    static readonly Lazy<Dictionary<string, byte[]>[]> folders = new(() => [.. All.Select(FolderOf)]);

    /// <summary>config.json and model.safetensors of each of <see cref="All"/>.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, byte[]>> Folders => folders.Value;

    public static ParameterStore Filled(ModelConfig config)
    {
        var store = new ParameterStore(Device);
        config.Create(store.Root);
        store.FillForTraining(1);
        return store;
    }

    public static Dictionary<string, byte[]> FolderOf(ModelConfig config) => Made(folder =>
    {
        using var store = Filled(config);
        HuggingFaceFolder.Save(folder, config, store);
    });

    public static byte[] Gguf(ModelConfig config, Tokenizer tokenizer, string type) => Made(folder =>
    {
        using var store = Filled(config);
        GgufModel.Save(Path.Combine(folder, "x.gguf"), config, store, tokenizer, type);
    })["x.gguf"];

    /// <summary>The files that something leaves in a folder, by their paths in it.</summary>
    public static Dictionary<string, byte[]> Made(Action<string> make)
    {
        var folder = Directory.CreateTempSubdirectory("nonet-fuzz-seed-").FullName;
        try
        {
            make(folder);
            return Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), File.ReadAllBytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Reads every tensor that can be computed with.</summary>
    public static void ReadAll(ITensorStore file)
    {
        foreach (var tensor in file.Tensors.Values.Where(t => t.DType is not null && t.Shape.Count <= Shape.MaxRank))
        {
            using var scope = new TensorScope();
            tensor.Read(Device);
        }
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
