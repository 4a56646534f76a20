using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>A LLaMA; the defaults are its 7 B model.</summary>
public record LlamaOptions : ModelOptions
{
    const int HiddenMultiple = 32;

    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 2048;

    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 32;

    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 4096;

    [Option("Attention heads of queries.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 32;

    [Option("Heads of keys and values; must divide heads. Fewer of them save memory during generation. Null: heads.", Least = 1, Most = Most)]
    public int? KvHeads { get; init; }

    [Option("Width of a head. Null: width / heads.", Least = 2, Most = Most)]
    public int? HeadWidth { get; init; }

    [Option("Hidden width of the gated feed-forward layers. Null: 8/3 · width, rounded up to a multiple of 32.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    [Option("ε of RMS norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    [Option("Base of the rotary positions. Longer contexts need a larger base.", Above = 1)]
    public double RopeBase { get; init; } = 10000;

    [Option("Whether the output layer shares the token table.")]
    public bool Tied { get; init; }

    public override ModelConfig Config(int vocab) => Fill(new LlamaConfig { Vocab = Vocab ?? vocab });

    internal override ModelOptions Completed() => this with { KvHeads = KvHeads ?? Heads, Hidden = Hidden ?? LlamaConfig.HiddenFor(Width, HiddenMultiple) };

    private protected T Fill<T>(T config) where T : LlamaConfig => config with
    {
        Context = Context,
        Layers = Layers,
        Width = Width,
        Heads = Heads,
        KvHeads = KvHeads ?? Heads,
        HeadWidth = HeadWidth,
        Hidden = Hidden ?? LlamaConfig.HiddenFor(Width, HiddenMultiple),
        Epsilon = (float)Epsilon,
        RopeBase = RopeBase,
        Tied = Tied,
    };
}

/// <summary>A Mistral: a LLaMA with a sliding window.</summary>
public sealed record MistralOptions : LlamaOptions
{
    [Option("Number of tokens, including itself, to which a token attends. Null: all earlier tokens.", Least = 1, Most = Most)]
    public int? Window { get; init; } = 4096;

    public override ModelConfig Config(int vocab) => Fill(new MistralConfig { Vocab = Vocab ?? vocab, Window = Window });
}

/// <summary>A Qwen2: a LLaMA with biases of query, key and value.</summary>
public sealed record Qwen2Options : LlamaOptions
{
    public override ModelConfig Config(int vocab) => Fill(new Qwen2Config { Vocab = Vocab ?? vocab });
}

/// <summary>A Qwen3: a LLaMA with norms of queries and keys.</summary>
public sealed record Qwen3Options : LlamaOptions
{
    public override ModelConfig Config(int vocab) => Fill(new Qwen3Config { Vocab = Vocab ?? vocab });
}

/// <summary>An OLMo 2: a LLaMA with norms after the sublayers, and of all queries and keys.</summary>
public sealed record Olmo2Options : LlamaOptions
{
    public override ModelConfig Config(int vocab) => Fill(new Olmo2Config { Vocab = Vocab ?? vocab });
}

/// <summary>A Granite: a LLaMA with four multipliers.</summary>
public sealed record GraniteOptions : LlamaOptions
{
    [Option("Factor of the embeddings.", Above = 0)]
    public double EmbeddingMultiplier { get; init; } = 1;

    [Option("Factor of the attention scores. Null: 1 / √(head width).", Above = 0)]
    public double? AttentionMultiplier { get; init; }

    [Option("Factor of the output that each sublayer adds to its input.", Above = 0)]
    public double ResidualMultiplier { get; init; } = 1;

    [Option("Divisor of the logits.", Above = 0)]
    public double LogitsDivisor { get; init; } = 1;

    public override ModelConfig Config(int vocab)
    {
        var config = Fill(new GraniteConfig { Vocab = Vocab ?? vocab });
        return config with
        {
            EmbeddingMultiplier = (float)EmbeddingMultiplier,
            AttentionMultiplier = (float)(AttentionMultiplier ?? 1 / Math.Sqrt(config.HeadSize)),
            ResidualMultiplier = (float)ResidualMultiplier,
            LogitsDivisor = (float)LogitsDivisor,
        };
    }
}

/// <summary>A Qwen3 with experts in every layer.</summary>
public sealed record Qwen3MoeOptions : LlamaOptions
{
    [Option("Experts per layer.", Least = 1, Most = 4096)]
    public int Experts { get; init; } = 128;

    [Option("Experts used per token; at most experts.", Least = 1, Most = 4096)]
    public int ExpertsPerToken { get; init; } = 8;

    [Option("Hidden width of an expert.", Least = 1, Most = Most)]
    public int ExpertHidden { get; init; } = 768;

    [Option("Whether the weights of a token's experts are normalised to a sum of 1.")]
    public bool Normalized { get; init; } = true;

    public override ModelConfig Config(int vocab) => Fill(new Qwen3MoeConfig
    {
        Vocab = Vocab ?? vocab,
        Experts = Experts,
        ExpertsPerToken = ExpertsPerToken,
        ExpertHidden = ExpertHidden,
        Normalized = Normalized,
    });
}
