using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;

namespace Nonet.Checkpoints.Families;

/// <summary>T5, T5 1.1 and Flan-T5.</summary>
sealed class T5Family : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new T5Family());

    const string Gated = "gated-";

    public override string ModelType => "t5";
    public override (int? Begin, int? End, int? Padding) Marks => (null, 1, 0);
    public override bool WritesPadding => true;
    public override IReadOnlyList<string> Architectures => ["T5ForConditionalGeneration"];

    public override IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>
    {
        ["d_model"] = "hidden_size",
        ["num_heads"] = "num_attention_heads",
        ["num_layers"] = "num_hidden_layers",
        ["d_kv"] = "head_dim",
    };

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var layers = Layers(json, "num_layers", 6);
        var projection = json.Text("feed_forward_proj") ?? "relu";
        var gated = projection.StartsWith(Gated, StringComparison.Ordinal);
        var activation = (gated ? projection[Gated.Length..] : projection) switch
        {
            "gelu" when gated => Tensors.Activation.GeluTanh, // as released: gated-gelu means the tanh form
            "gelu" => Tensors.Activation.Gelu,
            "gelu_new" => Tensors.Activation.GeluTanh,
            "relu" => Tensors.Activation.Relu,
            "silu" => Tensors.Activation.Silu,
            _ => throw json.Wrong("feed_forward_proj", "relu, gelu, gelu_new, silu, or one of them after gated-"),
        };
        var tied = json.Flag("tie_word_embeddings", true);
        return new T5Config
        {
            Vocab = json.Positive("vocab_size", 32128),
            EncoderLayers = layers,
            DecoderLayers = Layers(json, "num_decoder_layers", layers),
            Width = json.Positive("d_model", 512),
            Heads = json.Positive("num_heads", 8),
            HeadWidth = json.Positive("d_kv", 64),
            Hidden = json.Positive("d_ff", 2048),
            Buckets = json.Positive("relative_attention_num_buckets", 32),
            MaxDistance = json.Positive("relative_attention_max_distance", 128),
            Epsilon = (float)json.Number("layer_norm_epsilon", 1e-6, 0, 1),
            Dropout = (float)json.Number("dropout_rate", 0.1, 0, 0.99),
            Gated = gated,
            Activation = activation,
            Tied = tied,
            ScaledOutput = json.Flag("scale_decoder_outputs", tied),
            StartToken = (int)json.Number("decoder_start_token_id", json.Number("pad_token_id", 0, 0, int.MaxValue), 0, int.MaxValue),
        };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (T5Config)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("num_layers", c.EncoderLayers);
        json.WriteNumber("num_decoder_layers", c.DecoderLayers);
        json.WriteNumber("d_model", c.Width);
        json.WriteNumber("num_heads", c.Heads);
        json.WriteNumber("d_kv", c.HeadWidth);
        json.WriteNumber("d_ff", c.Hidden);
        json.WriteNumber("relative_attention_num_buckets", c.Buckets);
        json.WriteNumber("relative_attention_max_distance", c.MaxDistance);
        json.WriteReal("layer_norm_epsilon", c.Epsilon);
        json.WriteReal("dropout_rate", c.Dropout);
        json.WriteString("feed_forward_proj",
            (c.Gated ? Gated : "") + (c.Gated && c.Activation == Tensors.Activation.GeluTanh ? "gelu" : NameOf(c.Activation)));
        json.WriteBoolean("tie_word_embeddings", c.Tied);
        json.WriteBoolean("scale_decoder_outputs", c.ScaledOutput);
        json.WriteBoolean("is_encoder_decoder", true);
        json.WriteNumber("decoder_start_token_id", c.StartToken);
        json.WriteNumber("pad_token_id", c.StartToken);
    }

    /// <summary>
    /// transformers ties all tables that the file does not store separately, whatever tie_word_embeddings says. T5 1.1 has a separate output, but
    /// transformers 5 saves it with tie_word_embeddings = true; scale_decoder_outputs distinguishes the two.
    /// </summary>
    public override ModelConfig Untie(ModelConfig config, ITensorStore store, List<string> warnings)
    {
        var c = (T5Config)config;
        var tables = new StackTables(store, Shared, Encoder, Decoder, Head);
        if (!tables.AreOne)
        {
            warnings.Add(Differ(tables.Source!, tables.Target!));
            return c with { SharedTable = false, Tied = false };
        }
        if (tables.Output is not { } output || tables.Target is not { } target)
            return c with { Tied = true };
        if (c is { Tied: true, ScaledOutput: true } && !output.HasValuesOf(target))
            warnings.Add(Differ(target, output));
        return c with { Tied = c.Tied && output.HasValuesOf(target) };
    }

    const string Shared = "shared.weight", Encoder = "encoder.embed_tokens.weight", Decoder = "decoder.embed_tokens.weight", Head = "lm_head.weight";

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) =>
        [("num_layers", "encoder/blocks", ((T5Config)config).EncoderLayers), ("num_decoder_layers", "decoder/blocks", ((T5Config)config).DecoderLayers)];

    public override ForeignNames Names(ModelConfig config)
    {
        var (gated, shared, tied) = (((T5Config)config).Gated, ((T5Config)config).SharedTable, ((T5Config)config).Tied);
        return new("", path => (path.Split('/') switch
        {
            ["tokens", "weight"] => shared ? Shared : Decoder,
            ["sources", "weight"] => Encoder,
            ["output", "weight"] => Head,
            [var stack, "norm", "weight"] => $"{stack}.final_layer_norm.weight",
            [var stack, "distances", "weight"] => $"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            [var stack, "blocks", var i, .. var rest] => Block(stack, i, rest),
            _ => null,
        }) is { } name ? new ForeignWeight(name) : null)
        {
            Tied = tied ? [Shared, Encoder, Decoder, Head] : [],
            Alternatives = name => StackTables.Alternatives(name, Shared, Encoder, Decoder, Head, hasOutput: true),
        };

        string? Block(string stack, string i, string[] path)
        {
            var last = stack == "decoder" ? 2 : 1;
            return path switch
            {
                ["norm1", "weight"] => $"{stack}.block.{i}.layer.0.layer_norm.weight",
                ["norm2", "weight"] => $"{stack}.block.{i}.layer.1.layer_norm.weight",
                ["norm3", "weight"] => $"{stack}.block.{i}.layer.{last}.layer_norm.weight",
                ["attention", var which, "weight"] => $"{stack}.block.{i}.layer.0.SelfAttention.{which[0]}.weight",
                ["cross", var which, "weight"] => $"{stack}.block.{i}.layer.1.EncDecAttention.{which[0]}.weight",
                ["feed_forward", "gate", "weight"] => $"{stack}.block.{i}.layer.{last}.DenseReluDense.wi_0.weight",
                ["feed_forward", "up", "weight"] => $"{stack}.block.{i}.layer.{last}.DenseReluDense.{(gated ? "wi_1" : "wi")}.weight",
                ["feed_forward", "down", "weight"] => $"{stack}.block.{i}.layer.{last}.DenseReluDense.wo.weight",
                _ => null,
            };
        }
    }
}
