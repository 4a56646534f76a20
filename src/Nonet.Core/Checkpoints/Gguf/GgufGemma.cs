using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Gguf;

/// <summary>What Gemma 2 and 3 share. Gains are kept with their one added.</summary>
abstract class GgufGemma : GgufFamily
{
    protected T Read<T>(GgufFile file, T config) where T : GemmaConfig
    {
        var m = file.Metadata;
        var (context, heads, headWidth) = (m.Positive(Key("context_length")), m.Positive(Key("attention.head_count")), m.Positive(Key("attention.key_length"), 256));
        return config with
        {
            Vocab = Vocab(file),
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
            .U32(Key("feed_forward_length"), (uint)c.Hidden).U32(Key("attention.head_count"), (uint)c.Heads).U32(Key("attention.head_count_kv"), (uint)c.KvHeads)
            .U32(Key("attention.key_length"), (uint)c.HeadWidth).U32(Key("attention.value_length"), (uint)c.HeadWidth)
            .F32(Key("attention.layer_norm_rms_epsilon"), c.Epsilon).F32(Key("rope.freq_base"), (float)c.RopeBase).U32(Key("attention.sliding_window"), (uint)c.Window);
        WriteScaling(writer, c.RopeScaling);
    }

    /// <summary>Refuses a turn of layers that is not the architecture's own.</summary>
    protected static void CheckPattern(GemmaConfig config, LayerPattern own)
    {
        if (Enumerable.Range(0, config.Layers).Any(i => config.Windowed[i] != own[i]))
            throw new NotSupportedException($"a {config.Family} whose layers do not take turns as published cannot be kept in GGUF");
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

/// <summary>Gemma 2.</summary>
sealed class GgufGemma2 : GgufGemma
{
    public override string Architecture => "gemma2";
    public override bool Keeps(ModelConfig config) => config is Gemma2Config;

    public override ModelConfig Read(GgufFile file) => Read(file, new Gemma2Config { Vocab = 0 }) with
    {
        AttentionSoftCap = (float)file.Metadata.Number(Key("attn_logit_softcapping"), 50),
        OutputSoftCap = (float)file.Metadata.Number(Key("final_logit_softcapping"), 30),
    };

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        base.Write(writer, config);
        var c = (GemmaConfig)config;
        CheckPattern(c, new LayerPattern(true, false));
        if (c.AttentionSoftCap is not { } scores || c.OutputSoftCap is not { } logits)
            throw new NotSupportedException("a gemma2 without soft caps cannot be kept in GGUF");
        writer.F32(Key("attn_logit_softcapping"), scores).F32(Key("final_logit_softcapping"), logits);
    }
}

/// <summary>Gemma 3, text.</summary>
sealed class GgufGemma3 : GgufGemma
{
    public override string Architecture => "gemma3";
    public override bool Keeps(ModelConfig config) => config is Gemma3Config;

    public override ModelConfig Read(GgufFile file) => Read(file, new Gemma3Config { Vocab = 0 }) with
    {
        LocalRopeBase = file.Metadata.Number(Key("rope.freq_base_swa"), 10000),
        OutputSoftCap = file.Metadata.Has(Key("final_logit_softcapping")) ? (float)file.Metadata.Number(Key("final_logit_softcapping"), null) : null,
    };

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        base.Write(writer, config);
        var c = (GemmaConfig)config;
        CheckPattern(c, new Gemma3Config { Vocab = 0 }.Windowed);
        writer.F32(Key("rope.freq_base_swa"), (float)(c.LocalRopeBase ?? c.RopeBase));
        if (c.OutputSoftCap is { } logits)
            writer.F32(Key("final_logit_softcapping"), logits);
    }
}
