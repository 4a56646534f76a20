using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;

namespace Nonet.Checkpoints.Families;

/// <summary>LLaMA and SmolLM, and the parts that their descendants share.</summary>
class LlamaFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new LlamaFamily());

    public override string ModelType => "llama";
    public override (int? Begin, int? End, int? Padding) Marks => (1, 2, null);
    public override IReadOnlyList<string> Architectures => ["LlamaForCausalLM"];
    public override TaskClasses? TaskClasses => new("Llama") { AnswersUnderTransformer = true };
    public override GgufFamily? Gguf => new GgufLlama();

    public override ModelConfig Read(JsonFields json, string architecture) => Read(json, new LlamaConfig { Vocab = 32000 }) with
    {
        AttentionBias = json.Flag("attention_bias", false),
        FeedForwardBias = json.Flag("mlp_bias", false),
    };

    /// <summary>Reads the fields that all descendants have.</summary>
    /// <param name="json">The config's fields.</param>
    /// <param name="config">The defaults of transformers' class.</param>
    /// <param name="kvHeads">Default of num_key_value_heads; null: the number of heads.</param>
    /// <param name="headWidth">Default of head_dim; null: hidden_size / heads.</param>
    /// <param name="epsilon">Default of rms_norm_eps.</param>
    protected static T Read<T>(JsonFields json, T config, int? kvHeads = null, int? headWidth = null, double epsilon = 1e-6) where T : LlamaConfig
    {
        var heads = json.Positive("num_attention_heads", config.Heads);
        var width = json.Positive("hidden_size", config.Width);
        var context = json.Positive("max_position_embeddings", config.Context);
        headWidth = json.Has("head_dim") ? json.Positive("head_dim") : headWidth;
        if (headWidth is null)
            Share(json, "hidden_size", width, "num_attention_heads", heads);
        if ((headWidth ?? width / heads) % 2 != 0)
            throw json.Wrong(headWidth is null ? "num_attention_heads" : "head_dim", $"heads of an even width; they are {headWidth ?? width / heads} wide");
        kvHeads = json.Positive("num_key_value_heads", json.IsNull("num_key_value_heads") ? heads : kvHeads ?? heads);
        if (heads % kvHeads != 0)
            throw json.Wrong("num_key_value_heads", $"a divisor of num_attention_heads {heads}");
        if ((json.Text("hidden_act") ?? "silu") is not ("silu" or "swish"))
            throw json.Wrong("hidden_act", "silu");
        var (ropeBase, scaling) = RopeFields.Read(json, context);
        return config with
        {
            Vocab = json.Positive("vocab_size", config.Vocab),
            Context = context,
            Layers = Layers(json, "num_hidden_layers", config.Layers),
            Width = width,
            Heads = heads,
            KvHeads = kvHeads.Value,
            HeadWidth = (long)(headWidth ?? width / heads) * heads == width ? null : headWidth,
            Hidden = json.Positive("intermediate_size", config.Hidden),
            Epsilon = (float)json.Number("rms_norm_eps", epsilon, 0, 1),
            RopeBase = ropeBase,
            RopeScaling = scaling,
            Tied = json.Flag("tie_word_embeddings", false),
        };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (LlamaConfig)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("max_position_embeddings", c.Context);
        json.WriteNumber("num_hidden_layers", c.Layers);
        json.WriteNumber("hidden_size", c.Width);
        json.WriteNumber("num_attention_heads", c.Heads);
        json.WriteNumber("num_key_value_heads", c.KvHeads);
        json.WriteNumber("head_dim", c.HeadSize);
        json.WriteNumber("intermediate_size", c.Hidden);
        json.WriteReal("rms_norm_eps", c.Epsilon);
        json.WriteString("hidden_act", "silu");
        json.WriteBoolean("attention_bias", c.AttentionBias);
        json.WriteBoolean("mlp_bias", c.FeedForwardBias);
        RopeFields.Write(json, c.RopeBase, c.RopeScaling);
        json.WriteBoolean("tie_word_embeddings", c.Tied);
        WriteOwn(json, c);
    }

    /// <summary>Writes the fields that only one descendant has.</summary>
    protected virtual void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) =>
        [("num_hidden_layers", "blocks", ((LlamaConfig)config).Layers)];

    /// <summary>transformers uses the half-split rotary layout, so the rows of heads with the interleaved layout are reordered.</summary>
    public override ForeignNames Names(ModelConfig config)
    {
        var c = (LlamaConfig)config;
        var rotary = c.RopeLayout == RopeLayout.Interleaved ? c.HeadSize : 0;
        return new("model.", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("model.embed_tokens.weight"),
            ["norm", "weight"] => new("model.norm.weight"),
            ["output", "weight"] => new("lm_head.weight"),
            ["blocks", var i, .. var rest] => Block(c, $"model.layers.{i}.", rest, rotary),
            _ => null,
        })
        {
            Tied = c.Tied ? ["model.embed_tokens.weight", "lm_head.weight"] : [],
        };
    }

    protected virtual ForeignWeight? Block(LlamaConfig config, string prefix, string[] path, int rotary) => path switch
    {
        ["attention_norm", "weight"] => new(prefix + "input_layernorm.weight"),
        ["feed_forward_norm", "weight"] => new(prefix + "post_attention_layernorm.weight"),
        ["attention", "query", var w] => new(prefix + $"self_attn.q_proj.{w}") { Deinterleave = rotary },
        ["attention", "key", var w] => new(prefix + $"self_attn.k_proj.{w}") { Deinterleave = rotary },
        ["attention", "value", var w] => new(prefix + $"self_attn.v_proj.{w}"),
        ["attention", "output", var w] => new(prefix + $"self_attn.o_proj.{w}"),
        ["attention", "query_norm", "weight"] => new(prefix + "self_attn.q_norm.weight"),
        ["attention", "key_norm", "weight"] => new(prefix + "self_attn.k_norm.weight"),
        ["feed_forward", var which, var w] => new(prefix + $"mlp.{which}_proj.{w}"),
        _ => null,
    };

    /// <summary>The windows of some layers: sliding_window and use_sliding_window, and the layers by layer_types or max_window_layers.</summary>
    protected static (int? Window, LayerPattern Windowed) ReadWindows(JsonFields json, int layers)
    {
        if (!json.Flag("use_sliding_window", false) || json.IsNull("sliding_window"))
            return (null, LayerPattern.None);
        var window = json.Positive("sliding_window", 4096);
        if (LayerTypes.Read(json, layers) is { } pattern)
            return (window, pattern);
        var first = (int)json.Number("max_window_layers", 28, 0, int.MaxValue);
        return (window, new LayerPattern([.. Enumerable.Range(0, layers).Select(i => i >= first)]));
    }

    protected static void WriteWindows(Utf8JsonWriter json, int layers, int? window, LayerPattern windowed)
    {
        json.WriteBoolean("use_sliding_window", window is not null);
        if (window is not { } tokens)
        {
            json.WriteNull("sliding_window");
            return;
        }
        json.WriteNumber("sliding_window", tokens);
        json.WriteNumber("max_window_layers", Enumerable.Range(0, layers).FirstOrDefault(i => windowed[i], layers)); // transformers before layer_types
        LayerTypes.Write(json, layers, windowed);
    }
}

/// <summary>LLaMA in GGUF, and the parts that its descendants share.</summary>
class GgufLlama : GgufFamily
{
    public override string Architecture => "llama";

    /// <summary>Whether the file rotates neighbouring features, as for LLaMA. For the other architectures it rotates halves.</summary>
    protected virtual bool Interleaves => true;

    public override bool Keeps(ModelConfig config) => config.GetType() == typeof(LlamaConfig);

    public override ModelConfig Read(GgufFile file)
    {
        var config = Read(file, new LlamaConfig { Vocab = Vocab(file) });
        return config with
        {
            AttentionBias = file.Tensors.ContainsKey("blk.0.attn_output.bias"),
            FeedForwardBias = file.Tensors.ContainsKey("blk.0.ffn_gate.bias")
        };
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
            .U32(Key("feed_forward_length"), (uint)c.Hidden).U32(Key("attention.head_count"), (uint)c.Heads)
            .U32(Key("attention.head_count_kv"), (uint)c.KvHeads)
            .U32(Key("attention.key_length"), (uint)c.HeadSize).U32(Key("attention.value_length"), (uint)c.HeadSize)
            .F32(Key("attention.layer_norm_rms_epsilon"), c.Epsilon).U32(Key("rope.dimension_count"), (uint)c.RotaryWidth)
            .F32(Key("rope.freq_base"), (float)c.RopeBase)
            .U32(Key("vocab_size"), (uint)c.Vocab);
        WriteOwn(writer, c);
    }

    protected virtual void WriteOwn(GgufWriter writer, LlamaConfig config)
    {
        if (config.RopeScaling is not LongRope { Factor: 1 } or LongRope { AttentionFactor: not 1 })
            WriteScaling(writer, config.RopeScaling);
    }

    /// <summary>The divisors of the frequencies, which Llama 3 stores as a tensor.</summary>
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
