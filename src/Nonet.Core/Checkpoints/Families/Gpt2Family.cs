using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Checkpoints.Gguf;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Checkpoints.Families;

/// <summary>GPT-2: a linear layer is stored as Conv1D, (In, Out); query, key and value are packed in one tensor.</summary>
sealed class Gpt2Family : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new Gpt2Family());

    public override string ModelType => "gpt2";
    public override (int? Begin, int? End, int? Padding) Marks => (50256, 50256, null);
    public override IReadOnlyList<string> Architectures => ["GPT2LMHeadModel", "GPT2Model"];
    public override TaskClasses? TaskClasses => new("GPT2") { TokenOutput = "classifier" };
    public override GgufFamily? Gguf => new GgufGpt2();

    public override IReadOnlyDictionary<string, string> Aliases => OtherNames;

    /// <summary>Alternative names of fields; GPT-J has the same.</summary>
    internal static readonly IReadOnlyDictionary<string, string> OtherNames = new Dictionary<string, string>
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
        json.WriteNumberOrNull("n_inner", c.Hidden);
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

/// <summary>GPT-2 in GGUF: query, key and value are packed in one tensor.</summary>
sealed class GgufGpt2 : GgufFamily
{
    public override string Architecture => "gpt2";
    public override bool Keeps(ModelConfig config) => config.GetType() == typeof(GptConfig);

    public override ModelConfig Read(GgufFile file)
    {
        var m = file.Metadata;
        var width = m.Positive(Key("embedding_length"));
        var hidden = m.Positive(Key("feed_forward_length"), 4 * width);
        return new GptConfig
        {
            Vocab = Vocab(file),
            Context = m.Positive(Key("context_length")),
            Layers = (int)m.Integer(Key("block_count"), null, 1, ModelConfig.MostLayers),
            Width = width,
            Heads = m.Positive(Key("attention.head_count")),
            Hidden = hidden == 4L * width ? null : hidden,
            Epsilon = (float)m.Number(Key("attention.layer_norm_epsilon"), null),
            Tied = !file.Tensors.ContainsKey("output.weight"),
        };
    }

    public override void Write(GgufWriter writer, ModelConfig config)
    {
        var c = (GptConfig)config;
        if (c.ScaleByLayer || c.Activation != Nonet.Tensors.Activation.GeluTanh)
            throw new NotSupportedException("a gpt2 with scores scaled by layer or another activation than gelu_new cannot be kept in GGUF");
        writer.U32(Key("context_length"), (uint)c.Context).U32(Key("embedding_length"), (uint)c.Width).U32(Key("block_count"), (uint)c.Layers)
            .U32(Key("feed_forward_length"), (uint)(c.Hidden ?? 4 * c.Width)).U32(Key("attention.head_count"), (uint)c.Heads)
            .F32(Key("attention.layer_norm_epsilon"), c.Epsilon);
    }

    public override int LayersOf(ModelConfig config) => ((GptConfig)config).Layers;

    public override ForeignNames Names(ModelConfig config)
    {
        var width = ((GptConfig)config).Width;
        return new("", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new("token_embd.weight"),
            ["positions", "weight"] => new("position_embd.weight"),
            ["norm", var w] => new($"output_norm.{w}"),
            ["output", "weight"] => new("output.weight"),
            ["blocks", var i, "norm1", var w] => new($"blk.{i}.attn_norm.{w}"),
            ["blocks", var i, "norm2", var w] => new($"blk.{i}.ffn_norm.{w}"),
            ["blocks", var i, "attention", "query", var w] => new($"blk.{i}.attn_qkv.{w}") { Total = 3 * width },
            ["blocks", var i, "attention", "key", var w] => new($"blk.{i}.attn_qkv.{w}") { Start = width, Total = 3 * width },
            ["blocks", var i, "attention", "value", var w] => new($"blk.{i}.attn_qkv.{w}") { Start = 2 * width, Total = 3 * width },
            ["blocks", var i, "attention", "output", var w] => new($"blk.{i}.attn_output.{w}"),
            ["blocks", var i, "feed_forward", var which, var w] => new($"blk.{i}.ffn_{which}.{w}"),
            _ => null,
        })
        {
            Tied = ((GptConfig)config).Tied ? ["token_embd.weight", "output.weight"] : [],
        };
    }
}
