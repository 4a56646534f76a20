using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Qwen3 with experts: Qwen3's names, a router, and three matrices for each expert.</summary>
sealed class Qwen3MoeFamily : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Qwen3MoeFamily());

    internal const int MostExperts = 4096; // twice the largest number in a published layer

    public override string ModelType => "qwen3_moe";
    public override (int? Begin, int? End, int? Padding) Marks => default;
    public override IReadOnlyList<string> Architectures => ["Qwen3MoeForCausalLM"];
    public override TaskClasses? TaskClasses => new("Qwen3Moe") { AnswersUnderTransformer = true };
    public override GgufFamily Gguf { get; } = new GgufQwen3Moe();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        json.Only("use_sliding_window", false);
        var config = Read(json, new Qwen3MoeConfig { Vocab = 151936, Context = 32768, Width = 2048, Layers = 24, Hidden = 6144 }, kvHeads: 4);
        var (step, dense) = (json.Positive("decoder_sparse_step", 1), DenseLayers(json));
        return config with
        {
            AttentionBias = json.Flag("attention_bias", false),
            Experts = json.Positive("num_local_experts", json.Positive("num_experts", 128, MostExperts), MostExperts),
            ExpertsPerToken = json.Positive("num_experts_per_tok", 8),
            ExpertHidden = json.Positive("moe_intermediate_size", 768),
            Normalized = json.Flag("norm_topk_prob", false),
            RouterLossFactor = (float)json.Number("router_aux_loss_coef", 0.001, 0, 1e9),
            BalancesExperts = json.Flag("output_router_logits", false),
            Sparse = new LayerPattern([.. Enumerable.Range(0, config.Layers).Select(i => (i + 1) % step == 0 && !dense.Contains(i))]),
        };
    }

    static HashSet<int> DenseLayers(JsonFields json) =>
        [.. json.Array("mlp_only_layers")
            .Select(e => e.ValueKind == JsonValueKind.Number
            && e.TryGetInt32(out var layer) ? layer : throw json.Wrong("mlp_only_layers", "numbers of layers"))];

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Qwen3MoeConfig)config;
        json.WriteNumber("num_experts", c.Experts);
        json.WriteNumber("num_local_experts", c.Experts); // transformers from 5 on
        json.WriteNumber("num_experts_per_tok", c.ExpertsPerToken);
        json.WriteNumber("moe_intermediate_size", c.ExpertHidden);
        json.WriteBoolean("norm_topk_prob", c.Normalized);
        json.WriteReal("router_aux_loss_coef", c.RouterLossFactor);
        json.WriteBoolean("output_router_logits", c.BalancesExperts);
        json.WriteNumber("decoder_sparse_step", 1);
        json.WriteStartArray("mlp_only_layers");
        foreach (var layer in Enumerable.Range(0, c.Layers).Where(i => !c.Sparse[i]))
            json.WriteNumberValue(layer);
        json.WriteEndArray();
        json.WriteBoolean("use_sliding_window", false);
    }

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path, int rotary) => path switch
    {
        ["feed_forward", "router", "weight"] => new(prefix + "mlp.gate.weight"),
        ["feed_forward", "experts", var expert, var which, "weight"] => new(prefix + $"mlp.experts.{expert}.{which}_proj.weight"),
        _ => base.Block(config, prefix, path, rotary),
    };
}

/// <summary>Qwen3 with experts in GGUF: the experts' matrices are stacked.</summary>
sealed class GgufQwen3Moe : GgufLlama
{
    public override string Architecture => "qwen3moe";
    protected override bool Interleaves => false;

    /// <summary>llama.cpp supports only models with experts in every layer and weights that sum to 1.</summary>
    public override bool Keeps(ModelConfig config) =>
        config is Qwen3MoeConfig { Normalized: true, AttentionBias: false } c && c.Sparse.Equals(LayerPattern.All);

    public override ModelConfig Read(GgufFile file)
    {
        var m = file.Metadata;
        return Read(file, new Qwen3MoeConfig { Vocab = Vocab(file) }) with
        {
            Experts = (int)m.Integer(Key("expert_count"), null, 1, Qwen3MoeFamily.MostExperts),
            ExpertsPerToken = m.Positive(Key("expert_used_count")),
            ExpertHidden = m.Positive(Key("expert_feed_forward_length")),
            Normalized = true,
        };
    }

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        var c = (Qwen3MoeConfig)config;
        writer.U32(Key("expert_count"), (uint)c.Experts).U32(Key("expert_used_count"), (uint)c.ExpertsPerToken)
            .U32(Key("expert_feed_forward_length"), (uint)c.ExpertHidden);
        WriteScaling(writer, c.RopeScaling);
    }

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path)
    {
        var c = (Qwen3MoeConfig)config;
        return path switch
        {
            ["feed_forward", "router", "weight"] => new(prefix + "ffn_gate_inp.weight"),
            ["feed_forward", "experts", var expert, var which, "weight"] => ForeignWeight.Stacked(prefix + $"ffn_{which}_exps.weight",
                int.Parse(expert, System.Globalization.CultureInfo.InvariantCulture), c.Experts, which == "down" ? c.Width : c.ExpertHidden),
            _ => base.Block(config, prefix, path),
        };
    }
}
