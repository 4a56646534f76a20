using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>Shape of a LLaMA in a recipe. The defaults are the 7 B model.</summary>
public record LlamaOptions : ModelOptions
{
    const int HiddenMultiple = 32;

    /// <summary>Maximum sequence length in tokens. Time and memory grow with it.</summary>
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 2048;

    /// <summary>Number of layers.</summary>
    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 32;

    /// <summary>Width of the hidden states; must be a multiple of heads.</summary>
    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 4096;

    /// <summary>Query heads.</summary>
    [Option("Query heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 32;

    /// <summary>Key and value heads, a divisor of heads. Fewer heads need less memory for generation. Null: heads.</summary>
    [Option("Key and value heads, a divisor of heads. Fewer heads need less memory for generation. Null: heads.", Least = 1, Most = Most)]
    public int? KvHeads { get; init; }

    /// <summary>Width of a head. Null: width / heads.</summary>
    [Option("Width of a head. Null: width / heads.", Least = 2, Most = Most)]
    public int? HeadWidth { get; init; }

    /// <summary>Hidden width of the gated feed-forward layers. Null: 8/3 · width, rounded up to a multiple of 32.</summary>
    [Option("Hidden width of the gated feed-forward layers. Null: 8/3 · width, rounded up to a multiple of 32.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    /// <summary>ε of RMS norm.</summary>
    [Option("ε of RMS norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Base of the rotary frequencies; larger for longer contexts.</summary>
    [Option("Base of the rotary frequencies; larger for longer contexts.", Above = 1)]
    public double RopeBase { get; init; } = 10000;

    /// <summary>Whether the output projection shares its weights with the token table.</summary>
    [Option("Whether the output projection shares its weights with the token table.")]
    public bool Tied { get; init; }

    /// <inheritdoc/>
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

/// <summary>Shape of a Mistral in a recipe: a LLaMA with a sliding window.</summary>
public sealed record MistralOptions : LlamaOptions
{
    /// <summary>Number of tokens that a token sees, including itself; null: all previous tokens.</summary>
    [Option("Number of tokens that a token sees, including itself; null: all previous tokens.", Least = 1, Most = Most)]
    public int? Window { get; init; } = 4096;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new MistralConfig { Vocab = Vocab ?? vocab, Window = Window });
}

/// <summary>Shape of a Qwen2 in a recipe: a LLaMA with biases of query, key and value.</summary>
public sealed record Qwen2Options : LlamaOptions
{
    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new Qwen2Config { Vocab = Vocab ?? vocab });
}

/// <summary>Shape of a Qwen3 in a recipe: a LLaMA with norms of queries and keys.</summary>
public sealed record Qwen3Options : LlamaOptions
{
    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new Qwen3Config { Vocab = Vocab ?? vocab });
}

/// <summary>Shape of an OLMo 2 in a recipe: a LLaMA with norms after the sublayers and over all queries and keys.</summary>
public sealed record Olmo2Options : LlamaOptions
{
    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new Olmo2Config { Vocab = Vocab ?? vocab });
}

/// <summary>Shape of a Granite in a recipe: a LLaMA with four multipliers.</summary>
public sealed record GraniteOptions : LlamaOptions
{
    /// <summary>Factor of the embeddings.</summary>
    [Option("Factor of the embeddings.", Above = 0)]
    public double EmbeddingMultiplier { get; init; } = 1;

    /// <summary>Factor of the attention scores. Null: 1 / √(head width).</summary>
    [Option("Factor of the attention scores. Null: 1 / √(head width).", Above = 0)]
    public double? AttentionMultiplier { get; init; }

    /// <summary>Factor of a sublayer's result before it is added to the residual.</summary>
    [Option("Factor of a sublayer's result before it is added to the residual.", Above = 0)]
    public double ResidualMultiplier { get; init; } = 1;

    /// <summary>Divisor of the logits.</summary>
    [Option("Divisor of the logits.", Above = 0)]
    public double LogitsDivisor { get; init; } = 1;

    /// <inheritdoc/>
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

/// <summary>Shape of a Qwen3 with experts in every layer, in a recipe.</summary>
public sealed record Qwen3MoeOptions : LlamaOptions
{
    /// <summary>Number of experts in a layer.</summary>
    [Option("Number of experts in a layer.", Least = 1, Most = 4096)]
    public int Experts { get; init; } = 128;

    /// <summary>Number of experts that process each token; at most experts.</summary>
    [Option("Number of experts that process each token; at most experts.", Least = 1, Most = 4096)]
    public int ExpertsPerToken { get; init; } = 8;

    /// <summary>Hidden width of an expert.</summary>
    [Option("Hidden width of an expert.", Least = 1, Most = Most)]
    public int ExpertHidden { get; init; } = 768;

    /// <summary>Whether the weights of a token's experts are scaled to sum to 1.</summary>
    [Option("Whether the weights of a token's experts are scaled to sum to 1.")]
    public bool Normalized { get; init; } = true;

    /// <summary>
    /// Coefficient of the loss that balances the load of the experts; null: none. The reported training loss includes it; the held-out loss
    /// does not.
    /// </summary>
    [Option("Coefficient of the loss that balances the load of the experts; null: none. The reported training loss includes it; the held-out loss does not.",
        Above = 0, Most = 1)]
    public double? RouterLoss { get; init; } = 0.001;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new Qwen3MoeConfig
    {
        Vocab = Vocab ?? vocab,
        Experts = Experts,
        ExpertsPerToken = ExpertsPerToken,
        ExpertHidden = ExpertHidden,
        Normalized = Normalized,
        RouterLossFactor = (float)(RouterLoss ?? 0.001),
        BalancesExperts = RouterLoss is not null,
    });
}
