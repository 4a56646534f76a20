using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>What Gemma 2 and 3 share.</summary>
abstract class GemmaFamily : CheckpointFamily
{
    protected static T Read<T>(JsonFields json, T config) where T : GemmaConfig
    {
        var heads = json.Positive("num_attention_heads", config.Heads);
        var kvHeads = json.Positive("num_key_value_heads", config.KvHeads);
        if (heads % kvHeads != 0)
            throw json.Wrong("num_key_value_heads", $"a divisor of num_attention_heads {heads}");
        json.Only("use_bidirectional_attention", false);
        var layers = Layers(json, "num_hidden_layers", config.Layers);
        return config with
        {
            Vocab = json.Positive("vocab_size", config.Vocab),
            Context = json.Positive("max_position_embeddings", config.Context),
            Layers = layers,
            Width = json.Positive("hidden_size", config.Width),
            Heads = heads,
            KvHeads = kvHeads,
            HeadWidth = json.Positive("head_dim", config.HeadWidth),
            Hidden = json.Positive("intermediate_size", config.Hidden),
            Epsilon = (float)json.Number("rms_norm_eps", 1e-6, 0, 1),
            Window = json.Positive("sliding_window", config.Window),
            Windowed = LayerTypes.Read(json, layers) ?? config.Windowed,
            QueryScalar = json.Number("query_pre_attn_scalar", 256, 0, 1e9),
            AttentionSoftCap = Cap("attn_logit_softcapping", config.AttentionSoftCap),
            OutputSoftCap = Cap("final_logit_softcapping", config.OutputSoftCap),
            AttentionBias = json.Flag("attention_bias", false),
            Activation = ReadActivation(json, json.Has("hidden_activation") ? "hidden_activation" : "hidden_act", "gelu_pytorch_tanh"),
            Tied = json.Flag("tie_word_embeddings", true),
        };

        float? Cap(string field, float? otherwise) => json.IsNull(field) ? null : json.Has(field) ? (float)json.Number(field, 0, 0, 1e9) : otherwise;
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (GemmaConfig)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("max_position_embeddings", c.Context);
        json.WriteNumber("num_hidden_layers", c.Layers);
        json.WriteNumber("hidden_size", c.Width);
        json.WriteNumber("num_attention_heads", c.Heads);
        json.WriteNumber("num_key_value_heads", c.KvHeads);
        json.WriteNumber("head_dim", c.HeadWidth);
        json.WriteNumber("intermediate_size", c.Hidden);
        json.WriteReal("rms_norm_eps", c.Epsilon);
        json.WriteString("hidden_activation", c.Activation == Nonet.Tensors.Activation.GeluTanh ? "gelu_pytorch_tanh" : NameOf(c.Activation));
        json.WriteBoolean("attention_bias", c.AttentionBias);
        json.WriteNumber("sliding_window", c.Window);
        LayerTypes.Write(json, c.Layers, c.Windowed);
        json.WriteNumber("query_pre_attn_scalar", c.QueryScalar);
        WriteCap("attn_logit_softcapping", c.AttentionSoftCap);
        WriteCap("final_logit_softcapping", c.OutputSoftCap);
        json.WriteBoolean("tie_word_embeddings", c.Tied);
        WriteRope(json, c);

        void WriteCap(string field, float? cap)
        {
            if (cap is { } value)
                json.WriteReal(field, value);
            else
                json.WriteNull(field);
        }
    }

    protected abstract void WriteRope(Utf8JsonWriter json, GemmaConfig config);

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [("num_hidden_layers", "blocks", ((GemmaConfig)config).Layers)];

    public override ForeignNames Names(ModelConfig config)
    {
        var rotary = ((GemmaConfig)config).RopeLayout == RopeLayout.Interleaved ? ((GemmaConfig)config).HeadWidth : 0;
        return new("model.", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("model.embed_tokens.weight"),
            ["norm", "weight"] => new("model.norm.weight"),
            ["output", "weight"] => new("lm_head.weight"),
            ["blocks", var i, "attention_norm", "weight"] => new($"model.layers.{i}.input_layernorm.weight"),
            ["blocks", var i, "attention_after_norm", "weight"] => new($"model.layers.{i}.post_attention_layernorm.weight"),
            ["blocks", var i, "feed_forward_norm", "weight"] => new($"model.layers.{i}.pre_feedforward_layernorm.weight"),
            ["blocks", var i, "feed_forward_after_norm", "weight"] => new($"model.layers.{i}.post_feedforward_layernorm.weight"),
            ["blocks", var i, "attention", "query", var w] => new($"model.layers.{i}.self_attn.q_proj.{w}") { Deinterleave = rotary },
            ["blocks", var i, "attention", "key", var w] => new($"model.layers.{i}.self_attn.k_proj.{w}") { Deinterleave = rotary },
            ["blocks", var i, "attention", "value", var w] => new($"model.layers.{i}.self_attn.v_proj.{w}"),
            ["blocks", var i, "attention", "output", var w] => new($"model.layers.{i}.self_attn.o_proj.{w}"),
            ["blocks", var i, "attention", "query_norm", "weight"] => new($"model.layers.{i}.self_attn.q_norm.weight"),
            ["blocks", var i, "attention", "key_norm", "weight"] => new($"model.layers.{i}.self_attn.k_norm.weight"),
            ["blocks", var i, "feed_forward", var which, "weight"] => new($"model.layers.{i}.mlp.{which}_proj.weight"),
            _ => null,
        })
        {
            Tied = ((GemmaConfig)config).Tied ? ["model.embed_tokens.weight", "lm_head.weight"] : [],
        };
    }
}

/// <summary>Gemma 2.</summary>
sealed class Gemma2Family : GemmaFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new Gemma2Family());

    public override string ModelType => "gemma2";
    public override (int? Begin, int? End, int? Padding) Marks => (2, 1, 0);
    public override IReadOnlyList<string> Architectures => ["Gemma2ForCausalLM"];
    public override GgufFamily? Gguf => new GgufGemma2();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Gemma2Config { Vocab = 256000 });
        var (ropeBase, scaling) = RopeFields.Read(json, config.Context);
        return config with { RopeBase = ropeBase, RopeScaling = scaling };
    }

    protected override void WriteRope(Utf8JsonWriter json, GemmaConfig config) => RopeFields.Write(json, config.RopeBase, config.RopeScaling);
}

/// <summary>Gemma 3, the text models.</summary>
sealed class Gemma3Family : GemmaFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new Gemma3Family());

    public override string ModelType => "gemma3_text";
    public override (int? Begin, int? End, int? Padding) Marks => (2, 1, 0);
    public override IReadOnlyList<string> Architectures => ["Gemma3ForCausalLM"];
    public override GgufFamily? Gguf => new GgufGemma3();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Gemma3Config { Vocab = 262208, Context = 131072, Window = 4096 });
        if (!json.Has("layer_types"))
        {
            var period = json.Positive("sliding_window_pattern", 6);
            config = config with { Windowed = new LayerPattern([.. Enumerable.Range(1, period).Select(i => i % period != 0)]) };
        }
        var (ropeBase, scaling) = RopeFields.Read(json, config.Context, 1e6, "full_attention");
        var local = json.Number("rope_local_base_freq", 10000, 1, 1e12);
        if (json.Object("rope_parameters")?.Object("sliding_attention") is { } rope)
        {
            local = rope.Number("rope_theta", local, 1, 1e12);
            if ((rope.Text("rope_type") ?? "default") != "default")
                throw rope.Wrong("rope_type", "default: scaled positions in the layers with a window are not supported");
        }
        // transformers keeps attn_logit_softcapping in Gemma 3's config and computes without it
        return config with { RopeBase = ropeBase, RopeScaling = scaling, LocalRopeBase = local, AttentionSoftCap = null };
    }

    protected override void WriteRope(Utf8JsonWriter json, GemmaConfig config)
    {
        var local = config.LocalRopeBase ?? config.RopeBase;
        json.WriteReal("rope_theta", config.RopeBase);
        json.WriteReal("rope_local_base_freq", local);
        if (config.RopeScaling is { } scaling)
            RopeFields.Write(json, "rope_scaling", null, scaling);
        json.WriteStartObject("rope_parameters");
        RopeFields.Write(json, "full_attention", config.RopeBase, config.RopeScaling);
        RopeFields.Write(json, "sliding_attention", local, null);
        json.WriteEndObject();
    }
}
