using System.Text.Json;
using Nonet.Models;

namespace Nonet.Formats;

/// <summary>transformers' config.json of the supported families, read into our records and written from them.</summary>
static class HuggingFaceConfig
{
    const string Supported = "gpt2 (GPT2LMHeadModel) or llama (LlamaForCausalLM)";

    /// <returns>A <see cref="GptConfig"/> or a <see cref="LlamaConfig"/>.</returns>
    public static object Read(JsonFields json)
    {
        var architectures = json.Array("architectures");
        var architecture = architectures.Count > 0 && architectures[0].ValueKind == JsonValueKind.String ? architectures[0].GetString() : null;
        var family = json.Text("model_type") ?? architecture switch
        {
            null => throw json.Missing("model_type", Supported),
            _ when architecture.StartsWith("GPT2", StringComparison.Ordinal) => "gpt2",
            _ when architecture.StartsWith("Llama", StringComparison.Ordinal) => "llama",
            _ => architecture,
        };
        if (json.Has("quantization_config"))
            throw json.Wrong("quantization_config", "none: quantised Hugging Face weights are not supported");
        return (family, architecture) switch
        {
            ("gpt2", null or "GPT2LMHeadModel" or "GPT2Model") => ReadGpt(json),
            ("llama", null or "LlamaForCausalLM") => ReadLlama(json),
            _ => throw new MalformedFileException(json.File, $"architecture {architecture ?? "(none)"} of model_type '{family}'", Supported),
        };
    }

    static GptConfig ReadGpt(JsonFields json)
    {
        var config = new GptConfig
        {
            Vocab = json.Positive("vocab_size"),
            Context = json.Positive("n_positions", json.Has("n_ctx") ? json.Positive("n_ctx") : null),
            Layers = json.Positive("n_layer"),
            Width = json.Positive("n_embd"),
            Heads = json.Positive("n_head"),
            Epsilon = (float)json.Number("layer_norm_epsilon", 1e-5, 0, 1),
            Dropout = (float)json.Number("resid_pdrop", 0.1, 0, 0.99),
        };
        if (config.Width % config.Heads != 0)
            throw json.Wrong("n_head", $"a divisor of n_embd {config.Width}");
        if (json.Has("n_inner") && json.Positive("n_inner") != 4L * config.Width)
            throw json.Wrong("n_inner", $"null or {4L * config.Width}, four times n_embd");
        if ((json.Text("activation_function") ?? "gelu_new") is not ("gelu_new" or "gelu_pytorch_tanh"))
            throw json.Wrong("activation_function", "gelu_new");
        json.Only("scale_attn_weights", true);
        json.Only("scale_attn_by_inverse_layer_idx", false);
        json.Only("add_cross_attention", false);
        json.Only("tie_word_embeddings", true);
        return config;
    }

    static LlamaConfig ReadLlama(JsonFields json)
    {
        var heads = json.Positive("num_attention_heads");
        var width = json.Positive("hidden_size");
        int? headWidth = json.Has("head_dim") ? json.Positive("head_dim") : null;
        if (headWidth is null && width % heads != 0)
            throw json.Wrong("num_attention_heads", $"a divisor of hidden_size {width}, or head_dim beside it");
        if ((headWidth ?? width / heads) % 2 != 0)
            throw json.Wrong(headWidth is null ? "num_attention_heads" : "head_dim", $"heads of an even width; they are {headWidth ?? width / heads} wide");
        var kvHeads = json.Positive("num_key_value_heads", heads);
        if (heads % kvHeads != 0)
            throw json.Wrong("num_key_value_heads", $"a divisor of num_attention_heads {heads}");
        if ((json.Text("hidden_act") ?? "silu") != "silu")
            throw json.Wrong("hidden_act", "silu");
        json.Only("attention_bias", false);
        json.Only("mlp_bias", false);
        if (json.Number("partial_rotary_factor", 1, 0, 1) != 1)
            throw json.Wrong("partial_rotary_factor", "1: nothing else is supported");
        return new LlamaConfig
        {
            Vocab = json.Positive("vocab_size"),
            Context = json.Positive("max_position_embeddings"),
            Layers = json.Positive("num_hidden_layers"),
            Width = width,
            Heads = heads,
            KvHeads = kvHeads,
            HeadWidth = (long)(headWidth ?? width / heads) * heads == width ? null : headWidth,
            Hidden = json.Positive("intermediate_size"),
            Epsilon = (float)json.Number("rms_norm_eps", 1e-6, 0, 1),
            RopeBase = ReadRopeBase(json),
            Tied = json.Flag("tie_word_embeddings", false),
        };
    }

    /// <summary>rope_theta stands at the top up to transformers 4 and within rope_parameters from 5 on; rope_scaling is the older name of the rest.</summary>
    static double ReadRopeBase(JsonFields json)
    {
        var theta = json.Number("rope_theta", 10000, 1, 1e12);
        foreach (var name in new[] { "rope_scaling", "rope_parameters" })
        {
            if (json.Object(name) is not { } rope)
                continue;
            var key = rope.Has("rope_type") ? "rope_type" : "type";
            if ((rope.Text(key) ?? "default") != "default")
                throw rope.Wrong(key, "default: scaled rotary positions are not supported");
            theta = rope.Number("rope_theta", theta, 1, 1e12);
        }
        return theta;
    }

    /// <param name="stream">Receives the JSON.</param>
    /// <param name="config">A <see cref="GptConfig"/> or a <see cref="LlamaConfig"/>.</param>
    /// <param name="dtype">torch's name of the weights' type.</param>
    /// <param name="endOfText">The tokenizer's end mark.</param>
    public static void Write(Stream stream, object config, string dtype, int? endOfText)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        switch (config)
        {
            case GptConfig c: Write(json, c); break;
            case LlamaConfig c: Write(json, c); break;
            default: throw new ArgumentException($"{config.GetType().Name}: GptConfig or LlamaConfig is expected", nameof(config));
        }
        foreach (var name in new[] { "bos_token_id", "eos_token_id" })
        {
            if (endOfText is { } id)
                json.WriteNumber(name, id);
            else
                json.WriteNull(name);
        }
        json.WriteString("torch_dtype", dtype);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, GptConfig c)
    {
        Family(json, "GPT2LMHeadModel", "gpt2");
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("n_positions", c.Context);
        json.WriteNumber("n_layer", c.Layers);
        json.WriteNumber("n_embd", c.Width);
        json.WriteNumber("n_head", c.Heads);
        json.WriteNull("n_inner");
        json.WriteNumber("layer_norm_epsilon", c.Epsilon);
        json.WriteString("activation_function", "gelu_new");
        foreach (var name in new[] { "resid_pdrop", "embd_pdrop", "attn_pdrop" })
            json.WriteNumber(name, c.Dropout);
        json.WriteBoolean("tie_word_embeddings", true);
    }

    static void Write(Utf8JsonWriter json, LlamaConfig c)
    {
        Family(json, "LlamaForCausalLM", "llama");
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("max_position_embeddings", c.Context);
        json.WriteNumber("num_hidden_layers", c.Layers);
        json.WriteNumber("hidden_size", c.Width);
        json.WriteNumber("num_attention_heads", c.Heads);
        json.WriteNumber("num_key_value_heads", c.KvHeads);
        json.WriteNumber("head_dim", c.HeadWidth ?? c.Width / c.Heads);
        json.WriteNumber("intermediate_size", c.Hidden);
        json.WriteNumber("rms_norm_eps", c.Epsilon);
        json.WriteString("hidden_act", "silu");
        json.WriteBoolean("attention_bias", false);
        json.WriteBoolean("mlp_bias", false);
        json.WriteNumber("rope_theta", c.RopeBase); // transformers 4
        json.WriteStartObject("rope_parameters"); // transformers 5
        json.WriteNumber("rope_theta", c.RopeBase);
        json.WriteString("rope_type", "default");
        json.WriteEndObject();
        json.WriteBoolean("tie_word_embeddings", c.Tied);
    }

    static void Family(Utf8JsonWriter json, string architecture, string family)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(architecture);
        json.WriteEndArray();
        json.WriteString("model_type", family);
    }
}
