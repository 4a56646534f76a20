using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>GPT-J.</summary>
sealed class GptJFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new GptJFamily());

    public override string ModelType => "gptj";
    public override (int? Begin, int? End, int? Padding) Marks => (50256, 50256, null);
    public override IReadOnlyList<string> Architectures => ["GPTJForCausalLM"];
    public override TaskClasses? TaskClasses => new("GPTJ");

    public override IReadOnlyDictionary<string, string> Aliases => Gpt2Family.OtherNames;

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
        json.WriteNumberOrNull("n_inner", c.Hidden);
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
