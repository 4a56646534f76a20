using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// GPT-Neo, and the format in which GPT-3 is stored. Scores are not divided by the root of the head width, so the queries are scaled instead.
/// </summary>
sealed class GptNeoFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new GptNeoFamily());

    public override string ModelType => "gpt_neo";
    public override (int? Begin, int? End, int? Padding) Marks => (50256, 50256, null);
    public override IReadOnlyList<string> Architectures => ["GPTNeoForCausalLM", "GPTNeoModel"];
    public override TaskClasses? TaskClasses => new("GPTNeo") { TokenOutput = "classifier" };

    public override IReadOnlyDictionary<string, string> Aliases { get; } =
        new Dictionary<string, string> { ["num_heads"] = "num_attention_heads", ["num_layers"] = "num_hidden_layers" };

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
                || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetInt32(out var times) || times < 0
                || (long)times * pair[0].GetArrayLength() > layers)
                throw json.Wrong(Field, Expected);
            for (var i = 0; i < times; i++)
                kinds.AddRange(pair[0].EnumerateArray()
                    .Select(e => e.ValueKind == JsonValueKind.String
                    && e.GetString() is "global" or "local" ? e.GetString() == "local" : throw json.Wrong(Field, Expected)));
        }
        return kinds.Count == layers ? new LayerPattern([.. kinds]) : kinds.Count == 0 && !json.Has(Field) ? new LayerPattern(false, true)
            : throw json.Wrong(Field, Expected);
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (Gpt3Config)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("max_position_embeddings", c.Context);
        json.WriteNumber("num_layers", c.Layers);
        json.WriteNumber("hidden_size", c.Width);
        json.WriteNumber("num_heads", c.Heads);
        json.WriteNumberOrNull("intermediate_size", c.Hidden);
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
