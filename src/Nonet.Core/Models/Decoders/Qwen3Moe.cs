using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a Qwen3 model with experts: Yang et al. 2025, section 2.</summary>
public sealed record Qwen3MoeConfig : LlamaConfig
{
    /// <summary>Number of experts in a layer.</summary>
    public int Experts { get; init; } = 128;

    /// <summary>Number of experts that process each token.</summary>
    public int ExpertsPerToken { get; init; } = 8;

    /// <summary>Width of an expert's gated layer. <see cref="LlamaConfig.Hidden"/> is the width in layers without experts.</summary>
    public int ExpertHidden { get; init; } = 768;

    /// <summary>Whether the weights of a token's experts are scaled to sum to 1.</summary>
    public bool Normalized { get; init; }

    /// <summary>Coefficient of the load-balancing loss: Fedus et al. 2021, section 2.2.</summary>
    public float RouterLossFactor { get; init; } = 0.001f;

    /// <summary>Whether the training loss includes the load-balancing loss: output_router_logits of transformers.</summary>
    public bool BalancesExperts { get; init; }

    /// <summary>Layers with experts.</summary>
    public LayerPattern Sparse { get; init; } = LayerPattern.All;

    /// <inheritdoc/>
    public override string Family => "qwen3_moe";

    /// <inheritdoc/>
    public override string Outline =>
        $"{base.Outline}, {Experts} experts of width {ExpertHidden}, {ExpertsPerToken} per token, in {Enumerable.Range(0, Layers).Count(i => Sparse[i])} "
        + $"layers";

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Qwen3Moe(this, p);

    /// <summary>As in Qwen3. A layer with experts recomputes them and keeps only the probabilities, twice, and the sum of the experts.</summary>
    public override KeptActivations? Kept
    {
        get
        {
            var sparse = Enumerable.Range(0, Layers).Count(i => Sparse[i]);
            var attention = 4L * Width + HeadSize * (4L * Heads + 4 * KvHeads);
            return new(Layers, Width, attention + (sparse * (2L * Experts + Width) + (Layers - sparse) * 2L * Hidden) / Layers);
        }
    }

    internal ExpertRouting Routing => new(ExpertsPerToken, Normalized);

    internal override AttentionShape AttentionOf(int layer) => base.AttentionOf(layer) with { HeadNormEpsilon = Epsilon };

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        var rules = new ConfigRules(nameof(Qwen3MoeConfig));
        rules.AtLeastOne(nameof(Experts), Experts);
        rules.AtLeastOne(nameof(ExpertsPerToken), ExpertsPerToken);
        rules.AtLeastOne(nameof(ExpertHidden), ExpertHidden);
        if (!float.IsFinite(RouterLossFactor) || RouterLossFactor < 0)
            throw rules.Wrong(nameof(RouterLossFactor), RouterLossFactor, "at least 0");
        if (ExpertsPerToken > Experts)
            throw rules.Wrong(nameof(ExpertsPerToken), ExpertsPerToken, $"at most {nameof(Experts)}, {Experts}");
    }
}

/// <summary>Qwen3 with <see cref="Experts"/> as feed-forward layers. Yang et al. 2025, section 2.</summary>
public sealed class Qwen3Moe : ICausalModel
{
    readonly LlamaStack stack;

    /// <summary>Declares the parameters of the model. They get their values when the store is filled.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="p">Path below which the parameters are declared.</param>
    public Qwen3Moe(Qwen3MoeConfig config, ParameterPath p)
    {
        Config = config;
        Parameters = p.Store;
        stack = new LlamaStack(this, config, p, (rotary, path, layer) => new Block(config, rotary, path, layer).Forward);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public Qwen3MoeConfig Config { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters { get; }

    /// <inheritdoc/>
    public int Vocab => Config.Vocab;

    /// <inheritdoc/>
    public int Context => Config.MaxLength;

    /// <inheritdoc/>
    public int Layers => Config.Layers;

    /// <inheritdoc/>
    public int KvHeads => Config.KvHeads;

    /// <inheritdoc/>
    public int HeadWidth => Config.HeadSize;

    /// <inheritdoc/>
    public int AttentionWidth => Config.Heads * Config.HeadSize;

    /// <inheritdoc/>
    public bool Checkpointing { get; set; }

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, KvCache? cache = null) => stack.Forward(stack.Embed(batch, cache), batch, cache);

    /// <inheritdoc/>
    public Tensor Output(Tensor hidden) => stack.Output(hidden);

    /// <summary>x += attention(attention_norm(x)); x += experts(feed_forward_norm(x)).</summary>
    sealed class Block
    {
        readonly RmsNorm attentionNorm, feedForwardNorm;
        readonly CausalAttention attention;
        readonly GatedFeedForward? dense;
        readonly Experts? experts;

        public Block(Qwen3MoeConfig config, RotaryPositions rotary, ParameterPath p, int layer)
        {
            var outputDeviation = Llama.Deviation / Math.Sqrt(2 * config.Layers);
            attentionNorm = new RmsNorm(p / "attention_norm", config.Width, config.Epsilon);
            attention = new CausalAttention(config.AttentionOf(layer) with { Rotary = rotary }, p / "attention", layer);
            feedForwardNorm = new RmsNorm(p / "feed_forward_norm", config.Width, config.Epsilon);
            if (config.Sparse[layer])
            {
                experts = new Experts(p / "feed_forward", config.Width, config.ExpertHidden, config.Experts, config.Routing,
                    Llama.Deviation, outputDeviation);
            }
            else
                dense = new GatedFeedForward(p / "feed_forward", config.Width, config.Hidden, Activation.Silu, Llama.Deviation, outputDeviation);
        }

        public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
        {
            x = attention.Forward(attentionNorm.Forward(x), x, batch, cache);
            var h = feedForwardNorm.Forward(x);
            return experts?.Forward(h, x, batch) ?? dense!.Forward(h, x);
        }
    }
}
