using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;

namespace Nonet.Checkpoints.Families;

/// <summary>Marian, and the Transformer of 2017 if Marian supports all of its settings.</summary>
class MarianFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new MarianFamily());

    public override string ModelType => "marian";
    public override (int? Begin, int? End, int? Padding) Marks => (null, 0, 58100);
    public override bool WritesPadding => true;
    public override IReadOnlyList<string> Architectures => ["MarianMTModel"];

    public override IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>
    {
        ["d_model"] = "hidden_size",
        ["encoder_attention_heads"] = "num_attention_heads",
        ["encoder_layers"] = "num_hidden_layers",
    };

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        const int Padding = 58100;
        var width = json.Positive("d_model", 1024);
        var (encoderHeads, decoderHeads) = (json.Positive("encoder_attention_heads", 16), json.Positive("decoder_attention_heads", 16));
        Share(json, "d_model", width, "encoder_attention_heads", encoderHeads);
        Share(json, "d_model", width, "decoder_attention_heads", decoderHeads);
        json.Only("normalize_before", false);
        json.Only("normalize_embedding", false);
        json.Only("add_bias_logits", false);
        json.Only("add_final_layer_norm", false);
        var shared = json.Flag("share_encoder_decoder_embeddings", true);
        var sources = json.Positive("vocab_size", Padding + 1);
        return new TransformerConfig
        {
            Vocab = json.Positive("decoder_vocab_size", sources),
            SourceVocab = shared ? null : sources,
            SharedTable = shared,
            Context = json.Positive("max_position_embeddings", 1024),
            EncoderLayers = Layers(json, "encoder_layers", 12),
            DecoderLayers = Layers(json, "decoder_layers", 12),
            Width = width,
            EncoderHeads = encoderHeads,
            DecoderHeads = decoderHeads,
            EncoderHidden = json.Positive("encoder_ffn_dim", 4096),
            DecoderHidden = json.Positive("decoder_ffn_dim", 4096),
            Activation = ReadActivation(json, "activation_function", "gelu"),
            ScaledEmbedding = json.Flag("scale_embedding", false),
            Tied = json.Flag("tie_word_embeddings", true),
            Dropout = (float)json.Number("dropout", 0.1, 0, 0.99),
            AttentionDropout = (float)json.Number("attention_dropout", 0, 0, 0.99),
            StartToken = (int)json.Number("decoder_start_token_id", json.Number("pad_token_id", Padding, 0, int.MaxValue), 0, int.MaxValue),
        };
    }

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (TransformerConfig)config;
        json.WriteNumber("vocab_size", c.SourceVocab ?? c.Vocab);
        json.WriteNumber("decoder_vocab_size", c.Vocab);
        json.WriteBoolean("share_encoder_decoder_embeddings", c.SharedTable);
        json.WriteNumber("max_position_embeddings", c.Context);
        json.WriteNumber("encoder_layers", c.EncoderLayers);
        json.WriteNumber("decoder_layers", c.DecoderLayers);
        json.WriteNumber("num_hidden_layers", c.EncoderLayers);
        json.WriteNumber("d_model", c.Width);
        json.WriteNumber("encoder_attention_heads", c.EncoderHeads);
        json.WriteNumber("decoder_attention_heads", c.DecoderHeads);
        json.WriteNumber("encoder_ffn_dim", c.EncoderHidden);
        json.WriteNumber("decoder_ffn_dim", c.DecoderHidden);
        json.WriteString("activation_function", NameOf(c.Activation));
        json.WriteBoolean("scale_embedding", c.ScaledEmbedding);
        json.WriteBoolean("tie_word_embeddings", c.Tied);
        json.WriteBoolean("static_position_embeddings", true);
        json.WriteReal("dropout", c.Dropout);
        json.WriteReal("attention_dropout", c.AttentionDropout);
        json.WriteBoolean("is_encoder_decoder", true);
        json.WriteNumber("decoder_start_token_id", c.StartToken);
        json.WriteNumber("pad_token_id", c.StartToken);
    }

    const string Shared = "model.shared.weight", Encoder = "model.encoder.embed_tokens.weight", Decoder = "model.decoder.embed_tokens.weight",
        Head = "lm_head.weight";

    public override ModelConfig Untie(ModelConfig config, ITensorStore store, List<string> warnings)
    {
        var c = (TransformerConfig)config;
        if (!c.SharedTable)
            return base.Untie(config, store, warnings);
        var tables = new StackTables(store, Shared, Encoder, Decoder, Head);
        var isOwn = c.Tied && tables is { Output: { } output, Target: { } target } && !output.HasValuesOf(target);
        if (c.Tied && (isOwn || !tables.AreOne))
            warnings.Add(tables.AreOne ? Differ(tables.Target!, tables.Output!) : Differ(tables.Source!, tables.Target!));
        return c with { SharedTable = tables.AreOne, SourceVocab = tables.AreOne ? c.SourceVocab : null, Tied = c.Tied && !isOwn };
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) =>
        [("encoder_layers", "encoder/blocks", ((TransformerConfig)config).EncoderLayers),
        ("decoder_layers", "decoder/blocks", ((TransformerConfig)config).DecoderLayers)];

    public override ForeignNames Names(ModelConfig config)
    {
        var (shared, tied) = (((TransformerConfig)config).SharedTable, ((TransformerConfig)config).Tied);
        return new("", path => path.Split('/') switch
        {
            ["tokens", "weight"] => new(shared ? Shared : Decoder),
            ["sources", "weight"] => new(Encoder),
            ["output", "weight"] => new(Head),
            ["output", "bias"] => new("final_logits_bias") { Row = true },
            [var stack, "positions", "weight"] => new($"model.{stack}.embed_positions.weight"),
            [var stack, "norm", var w] => new($"model.{stack}.layer_norm.{w}"),
            [var stack, "blocks", var i, .. var rest] => Block($"model.{stack}.layers.{i}.", rest) is { } name ? new ForeignWeight(name) : null,
            _ => null,
        })
        {
            Tied = !tied ? [] : shared ? [Shared, Encoder, Decoder, Head] : [Decoder, Head],
            Alternatives = name => StackTables.Alternatives(name, Shared, Encoder, Decoder, Head, hasOutput: !shared),
        };
    }

    static string? Block(string prefix, string[] path) => path switch
    {
        ["attention", var which, var w] => $"{prefix}self_attn.{Projection(which)}.{w}",
        ["cross", var which, var w] => $"{prefix}encoder_attn.{Projection(which)}.{w}",
        ["norm1", var w] => $"{prefix}self_attn_layer_norm.{w}",
        ["norm2", var w] => $"{prefix}encoder_attn_layer_norm.{w}",
        ["norm3", var w] => $"{prefix}final_layer_norm.{w}",
        ["feed_forward", "up", var w] => $"{prefix}fc1.{w}",
        ["feed_forward", "down", var w] => $"{prefix}fc2.{w}",
        _ => null,
    };

    static string Projection(string which) => which switch { "query" => "q_proj", "key" => "k_proj", "value" => "v_proj", _ => "out_proj" };
}
