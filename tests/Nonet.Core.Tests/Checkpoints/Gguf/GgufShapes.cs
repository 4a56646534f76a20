using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Tests.Checkpoints.Gguf;

/// <summary>Small models of the families that GGUF has, over bytes, with rows of whole blocks.</summary>
static class GgufShapes
{
    public static readonly IReadOnlyDictionary<string, ModelConfig> All = new Dictionary<string, ModelConfig>
    {
        ["llama"] = new LlamaConfig { Vocab = 257, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, Hidden = 96 },
        ["llama tied, explicit heads"] =
            new LlamaConfig { Vocab = 300, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, HeadWidth = 32, Hidden = 96, Tied = true },
        ["qwen2"] = new Qwen2Config { Vocab = 257, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, Hidden = 96 },
        ["qwen3"] = new Qwen3Config { Vocab = 257, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, HeadWidth = 32, Hidden = 96 },
        ["olmo2"] = new Olmo2Config { Vocab = 257, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, Hidden = 96 },
        ["granite"] = new GraniteConfig
        {
            Vocab = 257,
            Context = 128,
            Layers = 2,
            Width = 64,
            Heads = 4,
            KvHeads = 2,
            Hidden = 96,
            EmbeddingMultiplier = 6,
            AttentionMultiplier = 0.2f,
            ResidualMultiplier = 0.4f,
            LogitsDivisor = 2
        },
        ["qwen3moe"] = new Qwen3MoeConfig
        {
            Vocab = 257,
            Context = 128,
            Layers = 2,
            Width = 64,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 32,
            Hidden = 96,
            Experts = 6,
            ExpertsPerToken = 2,
            ExpertHidden = 32,
            Normalized = true
        },
        ["gpt2"] = new GptConfig { Vocab = 257, Context = 128, Layers = 2, Width = 64, Heads = 4 },
        ["phi3"] = new Phi3Config { Vocab = 257, Context = 128, Layers = 2, Width = 64, Heads = 4, KvHeads = 2, Hidden = 96 },
        ["gemma3"] = new Gemma3Config
        {
            Vocab = 257,
            Context = 128,
            Layers = 6,
            Width = 64,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 16,
            Hidden = 96,
            QueryScalar = 16,
            Window = 8
        },
        ["gemma2"] = new Gemma2Config
        {
            Vocab = 257,
            Context = 128,
            Layers = 2,
            Width = 64,
            Heads = 4,
            KvHeads = 2,
            HeadWidth = 16,
            Hidden = 96,
            QueryScalar = 16,
            Window = 8
        },
    };
}
