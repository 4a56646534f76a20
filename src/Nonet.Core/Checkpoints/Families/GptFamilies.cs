using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>GPT-2: a linear layer is Conv1D, (In, Out); query, key and value are one.</summary>
sealed class Gpt2Family : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new Gpt2Family());

    public override string ModelType => "gpt2";
    public override (int? Begin, int? End, int? Padding) Marks => (50256, 50256, null);
    public override IReadOnlyList<string> Architectures => ["GPT2LMHeadModel", "GPT2Model"];
    public override GgufFamily? Gguf => new GgufGpt2();

    public override IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>
    {
        ["n_embd"] = "hidden_size",
        ["n_positions"] = "max_position_embeddings",
        ["n_head"] = "num_attention_heads",
        ["n_layer"] = "num_hidden_layers",
    };

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var (width, heads) = (json.Positive("n_embd", 768), json.Positive("n_head", 12));
        Share(json, "n_embd", width, "n_head", heads);
        int? hidden = json.Has("n_inner") ? json.Positive("n_inner") : null;
        json.Only("scale_attn_weights", true);
        json.Only("add_cross_attention", false);
        return new GptConfig
        {
            Vocab = json.Positive("vocab_size", 50257),
            Context = json.Positive("n_positions", json.Has("n_ctx") ? json.Positive("n_ctx") : 1024),
            Layers = Layers(json, "n_layer", 12),
            Width = width,
            Heads = heads,
            Hidden = hidden == 4L * width ? null : hidden,
            Epsilon = (float)json.Number("layer_norm_epsilon", 1e-5, 0, 1),
            Dropout = (float)json.Number("resid_pdrop", 0.1, 0, 0.99),
            Activation = ReadActivation(json, "activation_function", "gelu_new"),
            ScaleByLayer = json.Flag("scale_attn_by_inverse_layer_idx", false),
            Tied = json.Flag("tie_word_embeddings", true),
        };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (GptConfig)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("n_positions", c.Context);
        json.WriteNumber("n_layer", c.Layers);
        json.WriteNumber("n_embd", c.Width);
        json.WriteNumber("n_head", c.Heads);
        if (c.Hidden is { } hidden)
            json.WriteNumber("n_inner", hidden);
        else
            json.WriteNull("n_inner");
        json.WriteReal("layer_norm_epsilon", c.Epsilon);
        json.WriteString("activation_function", NameOf(c.Activation));
        json.WriteBoolean("scale_attn_by_inverse_layer_idx", c.ScaleByLayer);
        foreach (var name in new[] { "resid_pdrop", "embd_pdrop", "attn_pdrop" })
            json.WriteReal(name, c.Dropout);
        json.WriteBoolean("tie_word_embeddings", c.Tied);
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [("n_layer", "blocks", ((GptConfig)config).Layers)];

    public override ForeignNames Names(ModelConfig config)
    {
        var width = ((GptConfig)config).Width;
        return new("transformer.", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("transformer.wte.weight"),
            ["positions", "weight"] => new("transformer.wpe.weight"),
            ["norm", var w] => new($"transformer.ln_f.{w}"),
            ["output", "weight"] => new("lm_head.weight"),
            ["blocks", var i, "norm1", var w] => new($"transformer.h.{i}.ln_1.{w}"),
            ["blocks", var i, "norm2", var w] => new($"transformer.h.{i}.ln_2.{w}"),
            ["blocks", var i, "attention", "query", var w] => Packed(i, w, 0),
            ["blocks", var i, "attention", "key", var w] => Packed(i, w, width),
            ["blocks", var i, "attention", "value", var w] => Packed(i, w, 2 * width),
            ["blocks", var i, "attention", "output", var w] => new($"transformer.h.{i}.attn.c_proj.{w}") { Transposed = w == "weight" },
            ["blocks", var i, "feed_forward", "up", var w] => new($"transformer.h.{i}.mlp.c_fc.{w}") { Transposed = w == "weight" },
            ["blocks", var i, "feed_forward", "down", var w] => new($"transformer.h.{i}.mlp.c_proj.{w}") { Transposed = w == "weight" },
            _ => null,
        })
        {
            Tied = ((GptConfig)config).Tied ? ["transformer.wte.weight", "lm_head.weight"] : [],
        };

        ForeignWeight Packed(string i, string w, int start) =>
            new($"transformer.h.{i}.attn.c_attn.{w}") { Transposed = w == "weight", Start = start, Total = 3 * width };
    }
}

/// <summary>GPT-Neo, and GPT-3 as it is written: scores are not divided by the root of the head's width, so queries are scaled instead.</summary>
sealed class GptNeoFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new GptNeoFamily());

    public override string ModelType => "gpt_neo";
    public override (int? Begin, int? End, int? Padding) Marks => (50256, 50256, null);
    public override IReadOnlyList<string> Architectures => ["GPTNeoForCausalLM", "GPTNeoModel"];

    public override IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string> { ["num_heads"] = "num_attention_heads", ["num_layers"] = "num_hidden_layers" };

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var (width, heads, layers) = (json.Positive("hidden_size", 2048), json.Positive("num_heads", 16), Layers(json, "num_layers", 24));
        Share(json, "hidden_size", width, "num_heads", heads);
        int? hidden = json.Has("intermediate_size") ? json.Positive("intermediate_size") : null;
        return new Gpt3Config
        {
            Vocab = json.Positive("vocab_size", 50257),
            Context = json.Positive("max_position_embeddings", 2048),
            Layers = layers,
            Width = width,
            Heads = heads,
            Hidden = hidden == 4L * width ? null : hidden,
            Epsilon = (float)json.Number("layer_norm_epsilon", 1e-5, 0, 1),
            Dropout = (float)json.Number("resid_dropout", 0, 0, 0.99),
            Activation = ReadActivation(json, "activation_function", "gelu_new"),
            Tied = json.Flag("tie_word_embeddings", true),
            Band = json.Positive("window_size", 256),
            Banded = ReadKinds(json, layers),
        };
    }

    /// <summary>attention_types: [[["global", "local"], 12]] is twelve times both.</summary>
    static LayerPattern ReadKinds(JsonFields json, int layers)
    {
        const string Field = "attention_types", Expected = "a list of pairs of kinds (global, local) and how often they are repeated, for every layer";
        var kinds = new List<bool>();
        foreach (var pair in json.Array(Field))
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.Array
                || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetInt32(out var times) || times < 0 || (long)times * pair[0].GetArrayLength() > layers)
                throw json.Wrong(Field, Expected);
            for (var i = 0; i < times; i++)
                kinds.AddRange(pair[0].EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String && e.GetString() is "global" or "local" ? e.GetString() == "local" : throw json.Wrong(Field, Expected)));
        }
        return kinds.Count == layers ? new LayerPattern([.. kinds]) : kinds.Count == 0 && !json.Has(Field) ? new LayerPattern(false, true) : throw json.Wrong(Field, Expected);
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (Gpt3Config)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("max_position_embeddings", c.Context);
        json.WriteNumber("num_layers", c.Layers);
        json.WriteNumber("hidden_size", c.Width);
        json.WriteNumber("num_heads", c.Heads);
        if (c.Hidden is { } hidden)
            json.WriteNumber("intermediate_size", hidden);
        else
            json.WriteNull("intermediate_size");
        json.WriteReal("layer_norm_epsilon", c.Epsilon);
        json.WriteString("activation_function", NameOf(c.Activation));
        foreach (var name in new[] { "resid_dropout", "embed_dropout", "attention_dropout" })
            json.WriteReal(name, c.Dropout);
        json.WriteNumber("window_size", c.Band);
        json.WriteStartArray("attention_types");
        for (var i = 0; i < c.Layers; i++)
        {
            json.WriteStartArray();
            json.WriteStartArray();
            json.WriteStringValue(c.Banded[i] ? "local" : "global");
            json.WriteEndArray();
            json.WriteNumberValue(1);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteBoolean("tie_word_embeddings", c.Tied);
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [("num_layers", "blocks", ((GptConfig)config).Layers)];

    public override ForeignNames Names(ModelConfig config)
    {
        var c = (Gpt3Config)config;
        var scale = (float)Math.Sqrt(c.Width / c.Heads);
        return new("transformer.", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("transformer.wte.weight"),
            ["positions", "weight"] => new("transformer.wpe.weight"),
            ["norm", var w] => new($"transformer.ln_f.{w}"),
            ["output", "weight"] => new("lm_head.weight"),
            ["blocks", var i, "norm1", var w] => new($"transformer.h.{i}.ln_1.{w}"),
            ["blocks", var i, "norm2", var w] => new($"transformer.h.{i}.ln_2.{w}"),
            ["blocks", var i, "attention", "query", var w] => new($"transformer.h.{i}.attn.attention.q_proj.{w}") { Scale = scale },
            ["blocks", var i, "attention", "key", var w] => new($"transformer.h.{i}.attn.attention.k_proj.{w}"),
            ["blocks", var i, "attention", "value", var w] => new($"transformer.h.{i}.attn.attention.v_proj.{w}"),
            ["blocks", var i, "attention", "output", var w] => new($"transformer.h.{i}.attn.attention.out_proj.{w}"),
            ["blocks", var i, "feed_forward", "up", var w] => new($"transformer.h.{i}.mlp.c_fc.{w}"),
            ["blocks", var i, "feed_forward", "down", var w] => new($"transformer.h.{i}.mlp.c_proj.{w}"),
            _ => null,
        })
        {
            Tied = c.Tied ? ["transformer.wte.weight", "lm_head.weight"] : [],
        };
    }
}

/// <summary>GPT-J.</summary>
sealed class GptJFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new GptJFamily());

    public override string ModelType => "gptj";
    public override (int? Begin, int? End, int? Padding) Marks => (50256, 50256, null);
    public override IReadOnlyList<string> Architectures => ["GPTJForCausalLM"];

    public override IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>
    {
        ["n_embd"] = "hidden_size",
        ["n_positions"] = "max_position_embeddings",
        ["n_head"] = "num_attention_heads",
        ["n_layer"] = "num_hidden_layers",
    };

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var (width, heads) = (json.Positive("n_embd", 4096), json.Positive("n_head", 16));
        Share(json, "n_embd", width, "n_head", heads);
        int? hidden = json.Has("n_inner") ? json.Positive("n_inner") : null;
        return new GptJConfig
        {
            Vocab = json.Positive("vocab_size", 50400),
            Context = json.Positive("n_positions", 2048),
            Layers = Layers(json, "n_layer", 28),
            Width = width,
            Heads = heads,
            RotaryWidth = json.Positive("rotary_dim", json.IsNull("rotary_dim") ? null : 64),
            Hidden = hidden == 4L * width ? null : hidden,
            Epsilon = (float)json.Number("layer_norm_epsilon", 1e-5, 0, 1),
            Activation = ReadActivation(json, "activation_function", "gelu_new"),
            Tied = json.Flag("tie_word_embeddings", false),
        };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (GptJConfig)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("n_positions", c.Context);
        json.WriteNumber("n_layer", c.Layers);
        json.WriteNumber("n_embd", c.Width);
        json.WriteNumber("n_head", c.Heads);
        json.WriteNumber("rotary_dim", c.RotaryWidth);
        if (c.Hidden is { } hidden)
            json.WriteNumber("n_inner", hidden);
        else
            json.WriteNull("n_inner");
        json.WriteReal("layer_norm_epsilon", c.Epsilon);
        json.WriteString("activation_function", NameOf(c.Activation));
        json.WriteBoolean("tie_word_embeddings", c.Tied);
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) => [("n_layer", "blocks", ((GptJConfig)config).Layers)];

    public override ForeignNames Names(ModelConfig config) => new("transformer.", path => path.Split('/') switch
    {
        ["tokens", "weight"] => new("transformer.wte.weight"),
        ["norm", var w] => new($"transformer.ln_f.{w}"),
        ["output", var w] => new($"lm_head.{w}"),
        ["blocks", var i, "norm", var w] => new($"transformer.h.{i}.ln_1.{w}"),
        ["blocks", var i, "attention", "query", "weight"] => new($"transformer.h.{i}.attn.q_proj.weight"),
        ["blocks", var i, "attention", "key", "weight"] => new($"transformer.h.{i}.attn.k_proj.weight"),
        ["blocks", var i, "attention", "value", "weight"] => new($"transformer.h.{i}.attn.v_proj.weight"),
        ["blocks", var i, "attention", "output", "weight"] => new($"transformer.h.{i}.attn.out_proj.weight"),
        ["blocks", var i, "feed_forward", "up", var w] => new($"transformer.h.{i}.mlp.fc_in.{w}"),
        ["blocks", var i, "feed_forward", "down", var w] => new($"transformer.h.{i}.mlp.fc_out.{w}"),
        _ => null,
    })
    {
        Tied = ((GptJConfig)config).Tied ? ["transformer.wte.weight", "lm_head.weight"] : [],
    };
}
