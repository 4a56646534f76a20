using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;

namespace Nonet.Checkpoints.Gguf;

/// <summary>LLaMA, and what its descendants share with it.</summary>
class GgufLlama : GgufFamily
{
    public override string Architecture => "llama";

    /// <summary>Whether the file turns neighbouring features, as LLaMA's do; the others turn halves.</summary>
    protected virtual bool Interleaves => true;

    public override bool Keeps(ModelConfig config) => config.GetType() == typeof(LlamaConfig) || config is MistralConfig;

    public override ModelConfig Read(GgufFile file)
    {
        var config = Read(file, new LlamaConfig { Vocab = 0 });
        return config with { AttentionBias = file.Tensors.ContainsKey("blk.0.attn_output.bias"), FeedForwardBias = file.Tensors.ContainsKey("blk.0.ffn_gate.bias") };
    }

    protected T Read<T>(GgufFile file, T config) where T : LlamaConfig
    {
        var m = file.Metadata;
        var (context, width, heads) = (m.Positive(Key("context_length")), m.Positive(Key("embedding_length")), m.Positive(Key("attention.head_count")));
        int? headWidth = m.Has(Key("attention.key_length")) ? m.Positive(Key("attention.key_length")) : null;
        var scaling = ReadScaling(file, context);
        if (file.Tensors.TryGetValue("rope_freqs.weight", out var factors) && scaling is null)
        {
            var divisors = factors.ToDoubles();
            scaling = divisors.All(d => d == 1) ? null : new LongRope(divisors, divisors, 1, context);
        }
        return config with
        {
            Vocab = Vocab(file),
            Context = context,
            Layers = (int)m.Integer(Key("block_count"), null, 1, ModelConfig.MostLayers),
            Width = width,
            Heads = heads,
            KvHeads = m.Positive(Key("attention.head_count_kv"), heads),
            HeadWidth = headWidth is null || (long)headWidth * heads == width ? null : headWidth,
            Hidden = m.Positive(Key("feed_forward_length")),
            Epsilon = (float)m.Number(Key("attention.layer_norm_rms_epsilon"), null),
            RopeBase = m.Number(Key("rope.freq_base"), 10000),
            RopeLayout = Interleaves ? RopeLayout.Interleaved : RopeLayout.HalfSplit,
            RopeScaling = scaling,
            Tied = !file.Tensors.ContainsKey("output.weight"),
        };
    }

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        var c = (LlamaConfig)config;
        writer.U32(Key("context_length"), (uint)c.Context).U32(Key("embedding_length"), (uint)c.Width).U32(Key("block_count"), (uint)c.Layers)
            .U32(Key("feed_forward_length"), (uint)c.Hidden).U32(Key("attention.head_count"), (uint)c.Heads).U32(Key("attention.head_count_kv"), (uint)c.KvHeads)
            .U32(Key("attention.key_length"), (uint)c.HeadSize).U32(Key("attention.value_length"), (uint)c.HeadSize)
            .F32(Key("attention.layer_norm_rms_epsilon"), c.Epsilon).U32(Key("rope.dimension_count"), (uint)c.RotaryWidth).F32(Key("rope.freq_base"), (float)c.RopeBase)
            .U32(Key("vocab_size"), (uint)c.Vocab);
        WriteOwn(writer, c);
    }

    protected virtual void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        if (config is MistralConfig mistral)
            RefuseWindow(mistral.Window, mistral.Context);
        if (config.RopeScaling is not LongRope { Factor: 1 } or LongRope { AttentionFactor: not 1 })
            WriteScaling(writer, config.RopeScaling);
    }

    /// <summary>Llama 3 keeps by how much each frequency is divided.</summary>
    public override IEnumerable<(string Name, float[] Values)> Extra(ModelConfig config)
    {
        var c = (LlamaConfig)config;
        if (c.RopeScaling is not (Llama3Rope or LongRope { Factor: 1 }))
            yield break;
        var scaled = c.RopeScaling.Frequencies(c.RotaryWidth, c.RopeBase, 1);
        yield return ("rope_freqs.weight", [.. scaled.Select((f, i) => (float)(Math.Pow(c.RopeBase, -2.0 * i / c.RotaryWidth) / f))]);
    }

    public override int LayersOf(ModelConfig config) => ((LlamaConfig)config).Layers;

    public override ForeignNames Names(ModelConfig config)
    {
        var c = (LlamaConfig)config;
        return new("", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("token_embd.weight"),
            ["norm", "weight"] => new("output_norm.weight"),
            ["output", "weight"] => new("output.weight"),
            ["blocks", var i, .. var rest] => Block(c, $"blk.{i}.", rest),
            _ => null,
        })
        {
            Tied = c.Tied ? ["token_embd.weight", "output.weight"] : [],
        };
    }

    protected virtual ForeignWeight? Block(LlamaConfig config, string prefix, string[] path)
    {
        var (deinterleave, interleave) = (Interleaves, config.RopeLayout) switch
        {
            (true, RopeLayout.HalfSplit) => (0, config.HeadSize),
            (false, RopeLayout.Interleaved) => (config.HeadSize, 0),
            _ => (0, 0),
        };
        return path switch
        {
            ["attention_norm", "weight"] => new(prefix + "attn_norm.weight"),
            ["feed_forward_norm", "weight"] => new(prefix + "ffn_norm.weight"),
            ["attention", "query", var w] => new(prefix + $"attn_q.{w}") { Deinterleave = deinterleave, Interleave = interleave },
            ["attention", "key", var w] => new(prefix + $"attn_k.{w}") { Deinterleave = deinterleave, Interleave = interleave },
            ["attention", "value", var w] => new(prefix + $"attn_v.{w}"),
            ["attention", "output", var w] => new(prefix + $"attn_output.{w}"),
            ["attention", "query_norm", "weight"] => new(prefix + "attn_q_norm.weight"),
            ["attention", "key_norm", "weight"] => new(prefix + "attn_k_norm.weight"),
            ["feed_forward", var which, var w] => new(prefix + $"ffn_{which}.{w}"),
            _ => null,
        };
    }
}

/// <summary>Qwen2 and Qwen2.5.</summary>
sealed class GgufQwen2 : GgufLlama
{
    public override string Architecture => "qwen2";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Qwen2Config;
    public override ModelConfig Read(GgufFile file) => Read(file, new Qwen2Config { Vocab = 0 });

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        RefuseWindow(((Qwen2Config)config).Window, config.Context);
        WriteScaling(writer, config.RopeScaling);
    }
}

/// <summary>Qwen3, dense.</summary>
sealed class GgufQwen3 : GgufLlama
{
    public override string Architecture => "qwen3";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Qwen3Config { AttentionBias: false };
    public override ModelConfig Read(GgufFile file) => Read(file, new Qwen3Config { Vocab = 0 });

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        RefuseWindow(((Qwen3Config)config).Window, config.Context);
        WriteScaling(writer, config.RopeScaling);
    }
}

/// <summary>Phi-3, 3.5 and 4: query, key and value are one tensor, gate and up another; LongRoPE's divisors are two tensors.</summary>
sealed class GgufPhi3 : GgufLlama
{
    const string Short = "rope_factors_short.weight", Long = "rope_factors_long.weight";

    public override string Architecture => "phi3";
    protected override bool Interleaves => false;
    public override bool Keeps(ModelConfig config) => config is Phi3Config;

    public override ModelConfig Read(GgufFile file)
    {
        var m = file.Metadata;
        var config = Read(file, new Phi3Config { Vocab = 0 });
        var rotary = m.Positive(Key("rope.dimension_count"), config.HeadSize);
        var trained = m.Positive(Key("rope.scaling.original_context_length"), config.Context);
        RopeScaling? scaling = config.RopeScaling;
        if (file.Tensors.TryGetValue(Short, out var shorter) && file.Tensors.TryGetValue(Long, out var longer))
        {
            scaling = new LongRope(shorter.ToDoubles(), longer.ToDoubles(), (double)config.Context / trained, trained)
            {
                GivenAttentionFactor = m.Has(Key("rope.scaling.attn_factor")) ? m.Number(Key("rope.scaling.attn_factor"), null) : null,
            };
        }
        return config with
        {
            RotaryShare = (double)rotary / config.HeadSize,
            Window = m.Has(Key("attention.sliding_window")) && m.Integer(Key("attention.sliding_window"), 0, 0, int.MaxValue) is > 0 and var window ? (int)window : null,
            RopeScaling = scaling,
        };
    }

    protected override void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        var c = (Phi3Config)config;
        writer.U32(Key("attention.sliding_window"), (uint)(c.Window ?? 0));
        if (c.RopeScaling is LongRope rope)
            writer.U32(Key("rope.scaling.original_context_length"), (uint)rope.TrainedContext).F32(Key("rope.scaling.attn_factor"), (float)rope.AttentionFactor);
        else
            WriteScaling(writer.U32(Key("rope.scaling.original_context_length"), (uint)c.Context), c.RopeScaling);
    }

    public override IEnumerable<(string Name, float[] Values)> Extra(ModelConfig config) => ((LlamaConfig)config).RopeScaling is LongRope rope
        ? [(Short, [.. rope.Short.Select(d => (float)d)]), (Long, [.. rope.Long.Select(d => (float)d)])] : [];

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path)
    {
        var (queries, keys) = (config.Heads * config.HeadSize, config.KvHeads * config.HeadSize);
        var qkv = new ForeignWeight(prefix + "attn_qkv.weight") { Total = queries + 2 * keys };
        var gateUp = new ForeignWeight(prefix + "ffn_up.weight") { Total = 2 * config.Hidden };
        return path switch
        {
            ["attention", "query", "weight"] => qkv,
            ["attention", "key", "weight"] => qkv with { Start = queries },
            ["attention", "value", "weight"] => qkv with { Start = queries + keys },
            ["feed_forward", "gate", "weight"] => gateUp,
            ["feed_forward", "up", "weight"] => gateUp with { Start = config.Hidden },
            _ => base.Block(config, prefix, path),
        };
    }
}
