using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>The parts that Gemma 2 and 3 share.</summary>
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
        json.WriteRealOrNull("attn_logit_softcapping", c.AttentionSoftCap);
        json.WriteRealOrNull("final_logit_softcapping", c.OutputSoftCap);
        json.WriteBoolean("tie_word_embeddings", c.Tied);
        WriteRope(json, c);
    }

    protected abstract void WriteRope(Utf8JsonWriter json, GemmaConfig config);

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) =>
        [("num_hidden_layers", "blocks", ((GemmaConfig)config).Layers)];

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

/// <summary>The parts that Gemma 2 and 3 share in GGUF. Gains are stored with the 1 added.</summary>
abstract class GgufGemma : GgufFamily
{
    protected T Read<T>(GgufFile file, T config) where T : GemmaConfig
    {
        var m = file.Metadata;
        var (context, heads, headWidth) =
            (m.Positive(Key("context_length")), m.Positive(Key("attention.head_count")), m.Positive(Key("attention.key_length"), 256));
        return config with
        {
            Context = context,
            Layers = (int)m.Integer(Key("block_count"), null, 1, ModelConfig.MostLayers),
            Width = m.Positive(Key("embedding_length")),
            Heads = heads,
            KvHeads = m.Positive(Key("attention.head_count_kv"), heads),
            HeadWidth = headWidth,
            Hidden = m.Positive(Key("feed_forward_length")),
            Epsilon = (float)m.Number(Key("attention.layer_norm_rms_epsilon"), null),
            RopeBase = m.Number(Key("rope.freq_base"), config.RopeBase),
            RopeScaling = ReadScaling(file, context),
            Window = m.Positive(Key("attention.sliding_window"), config.Window),
            QueryScalar = headWidth,
            Tied = !file.Tensors.ContainsKey("output.weight"),
        };
    }

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        var c = (GemmaConfig)config;
        if (c.QueryScalar != c.HeadWidth || c.AttentionBias || c.Activation != Nonet.Tensors.Activation.GeluTanh)
            throw new NotSupportedException($"a {c.Family} with a query scalar other than its head width, biases or another activation cannot be kept in GGUF");
        writer.U32(Key("context_length"), (uint)c.Context).U32(Key("embedding_length"), (uint)c.Width).U32(Key("block_count"), (uint)c.Layers)
            .U32(Key("feed_forward_length"), (uint)c.Hidden).U32(Key("attention.head_count"), (uint)c.Heads)
            .U32(Key("attention.head_count_kv"), (uint)c.KvHeads)
            .U32(Key("attention.key_length"), (uint)c.HeadWidth).U32(Key("attention.value_length"), (uint)c.HeadWidth)
            .F32(Key("attention.layer_norm_rms_epsilon"), c.Epsilon).F32(Key("rope.freq_base"), (float)c.RopeBase)
            .U32(Key("attention.sliding_window"), (uint)c.Window);
        WriteScaling(writer, c.RopeScaling);
    }

    /// <summary>Throws if the pattern of layers is not the architecture's own.</summary>
    protected static void CheckPattern(GemmaConfig config, LayerPattern own)
    {
        if (Enumerable.Range(0, config.Layers).Any(i => config.Windowed[i] != own[i]))
            throw new NotSupportedException($"a {config.Family} with another pattern of layers than the published one cannot be kept in GGUF");
    }

    public override int LayersOf(ModelConfig config) => ((GemmaConfig)config).Layers;

    public override ForeignNames Names(ModelConfig config) => new("", path => path.Split('/') switch
    {
        ["tokens", "weight"] => new("token_embd.weight"),
        ["norm", "weight"] => Gain("output_norm.weight"),
        ["output", "weight"] => new("output.weight"),
        ["blocks", var i, "attention_norm", "weight"] => Gain($"blk.{i}.attn_norm.weight"),
        ["blocks", var i, "attention_after_norm", "weight"] => Gain($"blk.{i}.post_attention_norm.weight"),
        ["blocks", var i, "feed_forward_norm", "weight"] => Gain($"blk.{i}.ffn_norm.weight"),
        ["blocks", var i, "feed_forward_after_norm", "weight"] => Gain($"blk.{i}.post_ffw_norm.weight"),
        ["blocks", var i, "attention", "query", "weight"] => new($"blk.{i}.attn_q.weight"),
        ["blocks", var i, "attention", "key", "weight"] => new($"blk.{i}.attn_k.weight"),
        ["blocks", var i, "attention", "value", "weight"] => new($"blk.{i}.attn_v.weight"),
        ["blocks", var i, "attention", "output", "weight"] => new($"blk.{i}.attn_output.weight"),
        ["blocks", var i, "attention", "query_norm", "weight"] => Gain($"blk.{i}.attn_q_norm.weight"),
        ["blocks", var i, "attention", "key_norm", "weight"] => Gain($"blk.{i}.attn_k_norm.weight"),
        ["blocks", var i, "feed_forward", var which, "weight"] => new($"blk.{i}.ffn_{which}.weight"),
        _ => null,
    })
    {
        Tied = ((GemmaConfig)config).Tied ? ["token_embd.weight", "output.weight"] : [],
    };

    static ForeignWeight Gain(string name) => new(name) { Offset = -1 };
}
