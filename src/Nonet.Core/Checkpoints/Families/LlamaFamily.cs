using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>LLaMA and SmolLM; and what its descendants share with it.</summary>
class LlamaFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new LlamaFamily());

    public override string ModelType => "llama";
    public override (int? Begin, int? End, int? Padding) Marks => (1, 2, null);
    public override IReadOnlyList<string> Architectures => ["LlamaForCausalLM"];
    public override GgufFamily? Gguf => new GgufLlama();

    public override ModelConfig Read(JsonFields json, string architecture) => Read(json, new LlamaConfig { Vocab = 32000 }) with
    {
        AttentionBias = json.Flag("attention_bias", false),
        FeedForwardBias = json.Flag("mlp_bias", false),
    };

    /// <summary>The fields that all descendants have.</summary>
    /// <param name="json">The config's fields.</param>
    /// <param name="config">The defaults of transformers' class.</param>
    /// <param name="kvHeads">Its default of num_key_value_heads; null: as many as heads.</param>
    /// <param name="headWidth">Its default of head_dim; null: hidden_size over heads.</param>
    /// <param name="epsilon">Its default of rms_norm_eps.</param>
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

    /// <summary>The fields of one descendant alone.</summary>
    protected virtual void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [("num_hidden_layers", "blocks", ((LlamaConfig)config).Layers)];

    /// <summary>transformers' rotary layout is the half-split one, so heads of the interleaved one change their row order.</summary>
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

    /// <summary>The window of some layers: sliding_window, use_sliding_window, and which by layer_types or max_window_layers.</summary>
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

/// <summary>Mistral.</summary>
sealed class MistralFamily : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new MistralFamily());

    public override string ModelType => "mistral";
    public override IReadOnlyList<string> Architectures => ["MistralForCausalLM"];

    public override ModelConfig Read(JsonFields json, string architecture) =>
        Read(json, new MistralConfig { Vocab = 32000, Context = 131072, Hidden = 14336 }, kvHeads: 8) with { Window = json.IsNull("sliding_window") ? null : json.Positive("sliding_window", 4096) };

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        if (((MistralConfig)config).Window is { } window)
            json.WriteNumber("sliding_window", window);
        else
            json.WriteNull("sliding_window");
    }
}

/// <summary>Qwen2 and Qwen2.5.</summary>
sealed class Qwen2Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Qwen2Family());

    public override string ModelType => "qwen2";
    public override (int? Begin, int? End, int? Padding) Marks => default;
    public override IReadOnlyList<string> Architectures => ["Qwen2ForCausalLM"];
    public override GgufFamily? Gguf => new GgufQwen2();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Qwen2Config { Vocab = 151936, Context = 32768, Hidden = 22016 }, kvHeads: 32);
        var (window, windowed) = ReadWindows(json, config.Layers);
        return config with { Window = window, Windowed = windowed };
    }

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Qwen2Config)config;
        WriteWindows(json, c.Layers, c.Window, c.Windowed);
    }
}

/// <summary>Qwen3, dense.</summary>
sealed class Qwen3Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Qwen3Family());

    public override string ModelType => "qwen3";
    public override (int? Begin, int? End, int? Padding) Marks => default;
    public override IReadOnlyList<string> Architectures => ["Qwen3ForCausalLM"];
    public override GgufFamily? Gguf => new GgufQwen3();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new Qwen3Config { Vocab = 151936, Context = 32768, Hidden = 22016 }, kvHeads: 32, headWidth: 128);
        var (window, windowed) = ReadWindows(json, config.Layers);
        return config with
        {
            AttentionBias = json.Flag("attention_bias", false),
            Window = window,
            Windowed = windowed,
        };
    }

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Qwen3Config)config;
        WriteWindows(json, c.Layers, c.Window, c.Windowed);
    }
}

/// <summary>Phi-3, 3.5 and 4: query, key and value are one tensor, gate and up another.</summary>
sealed class Phi3Family : LlamaFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new Phi3Family());

    public override string ModelType => "phi3";
    public override (int? Begin, int? End, int? Padding) Marks => (1, 32000, 32000);
    public override bool WritesPadding => true;
    public override IReadOnlyList<string> Architectures => ["Phi3ForCausalLM"];
    public override GgufFamily? Gguf => new GgufPhi3();

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var share = json.Number("partial_rotary_factor", 1, 0, 1);
        if (json.Object("rope_parameters") is { } rope)
            share = rope.Number("partial_rotary_factor", share, 0, 1);
        return Read(json, new Phi3Config { Vocab = 32064, Context = 4096, Width = 3072, Hidden = 8192 }, epsilon: 1e-5) with
        {
            Window = json.Has("sliding_window") ? json.Positive("sliding_window") : null,
            RotaryShare = share,
        };
    }

    protected override void WriteOwn(Utf8JsonWriter json, LlamaConfig config)
    {
        var c = (Phi3Config)config;
        json.WriteReal("partial_rotary_factor", c.RotaryShare);
        json.WriteNumber("pad_token_id", 0); // the default of the class, 32000, may lie beyond the vocabulary
        if (c.Window is { } window)
            json.WriteNumber("sliding_window", window);
        else
            json.WriteNull("sliding_window");
    }

    protected override ForeignWeight? Block(LlamaConfig config, string prefix, string[] path, int rotary)
    {
        var (queries, keys) = (config.Heads * config.HeadSize, config.KvHeads * config.HeadSize);
        var qkv = new ForeignWeight(prefix + "self_attn.qkv_proj.weight") { Total = queries + 2 * keys };
        var gateUp = new ForeignWeight(prefix + "mlp.gate_up_proj.weight") { Total = 2 * config.Hidden };
        return path switch
        {
            ["attention", "query", "weight"] => qkv with { Deinterleave = rotary },
            ["attention", "key", "weight"] => qkv with { Start = queries, Deinterleave = rotary },
            ["attention", "value", "weight"] => qkv with { Start = queries + keys },
            ["feed_forward", "gate", "weight"] => gateUp,
            ["feed_forward", "up", "weight"] => gateUp with { Start = config.Hidden },
            _ => base.Block(config, prefix, path, rotary),
        };
    }
}
