using System.Text.Json;
using Nonet.Models;

namespace Nonet.Formats.Families;

/// <summary>BERT.</summary>
class BertFamily : CheckpointFamily
{
    public override string ModelType => "bert";
    public override IReadOnlyList<string> Architectures => ["BertForPreTraining", "BertForMaskedLM", "BertModel"];

    public override ModelConfig Read(JsonFields json, string architecture) => Read(json, new BertConfig
    {
        Vocab = 0,
        Segments = json.Positive("type_vocab_size", 2),
        Epsilon = (float)json.Number("layer_norm_eps", 1e-12, 0, 1),
        Head = architecture switch { "BertModel" => BertHead.Pooler, "BertForMaskedLM" => BertHead.Masked, _ => BertHead.PreTraining },
    });

    protected static T Read<T>(JsonFields json, T config) where T : BertConfig
    {
        var (width, heads) = (json.Positive("hidden_size"), json.Positive("num_attention_heads"));
        Share(json, "hidden_size", width, "num_attention_heads", heads);
        if ((json.Text("position_embedding_type") ?? "absolute") != "absolute")
            throw json.Wrong("position_embedding_type", "absolute");
        json.Only("is_decoder", false);
        return config with
        {
            Vocab = json.Positive("vocab_size"),
            Context = json.Positive("max_position_embeddings"),
            Layers = json.Positive("num_hidden_layers"),
            Width = width,
            Heads = heads,
            Hidden = json.Positive("intermediate_size"),
            Activation = ReadActivation(json, "hidden_act", "gelu"),
            Dropout = (float)json.Number("hidden_dropout_prob", 0.1, 0, 0.99),
            AttentionDropout = (float)json.Number("attention_probs_dropout_prob", 0.1, 0, 0.99),
        };
    }

    public override string ArchitectureOf(ModelConfig config) => ((BertConfig)config).Head switch
    {
        BertHead.Pooler => "BertModel",
        BertHead.Masked => "BertForMaskedLM",
        _ => "BertForPreTraining",
    };

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        var c = (BertConfig)config;
        json.WriteNumber("vocab_size", c.Vocab);
        json.WriteNumber("max_position_embeddings", c.Context + c.FirstPosition);
        json.WriteNumber("num_hidden_layers", c.Layers);
        json.WriteNumber("hidden_size", c.Width);
        json.WriteNumber("num_attention_heads", c.Heads);
        json.WriteNumber("intermediate_size", c.Hidden);
        json.WriteNumber("type_vocab_size", c.Segments);
        json.WriteReal("layer_norm_eps", c.Epsilon);
        json.WriteString("hidden_act", NameOf(c.Activation));
        json.WriteReal("hidden_dropout_prob", c.Dropout);
        json.WriteReal("attention_probs_dropout_prob", c.AttentionDropout);
        json.WriteString("position_embedding_type", "absolute");
    }

    public override ForeignNames Names(ModelConfig config) => Names("bert", path => path switch
    {
        ["masked", "transform", var w] => $"cls.predictions.transform.dense.{w}",
        ["masked", "norm", var w] => $"cls.predictions.transform.LayerNorm.{w}",
        ["masked", "output", "bias"] => "cls.predictions.bias",
        ["next_sentence", var w] => $"cls.seq_relationship.{w}",
        _ => null,
    }, config);

    /// <summary>Weights of the blocks under a trunk's name, and those of its heads. A bare trunk has no name of its own.</summary>
    protected static ForeignNames Names(string trunk, Func<string[], string?> head, ModelConfig config)
    {
        var prefix = trunk + ".";
        var bare = ((BertConfig)config).Head == BertHead.Pooler ? "" : prefix;
        return new(prefix, path => (Trunk(path.Split('/')) is { } name ? bare + name : head(path.Split('/'))) is { } full ? new ForeignWeight(full) : null)
        {
            Older = name => name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal),
        };
    }

    static string? Trunk(string[] path) => path switch
    {
        ["tokens", "weight"] => "embeddings.word_embeddings.weight",
        ["positions", "weight"] => "embeddings.position_embeddings.weight",
        ["segments", "weight"] => "embeddings.token_type_embeddings.weight",
        ["embedding_norm", var w] => $"embeddings.LayerNorm.{w}",
        ["pooler", var w] => $"pooler.dense.{w}",
        ["blocks", var i, "attention", "output", var w] => $"encoder.layer.{i}.attention.output.dense.{w}",
        ["blocks", var i, "attention", var which, var w] => $"encoder.layer.{i}.attention.self.{which}.{w}",
        ["blocks", var i, "norm1", var w] => $"encoder.layer.{i}.attention.output.LayerNorm.{w}",
        ["blocks", var i, "feed_forward", "up", var w] => $"encoder.layer.{i}.intermediate.dense.{w}",
        ["blocks", var i, "feed_forward", "down", var w] => $"encoder.layer.{i}.output.dense.{w}",
        ["blocks", var i, "norm2", var w] => $"encoder.layer.{i}.output.LayerNorm.{w}",
        _ => null,
    };
}

/// <summary>RoBERTa: max_position_embeddings counts the rows of padding, too.</summary>
sealed class RobertaFamily : BertFamily
{
    public override string ModelType => "roberta";
    public override IReadOnlyList<string> Architectures => ["RobertaForMaskedLM", "RobertaModel"];

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new RobertaConfig
        {
            Vocab = 0,
            Segments = json.Positive("type_vocab_size", 2),
            Epsilon = (float)json.Number("layer_norm_eps", 1e-12, 0, 1),
            Padding = (int)json.Number("pad_token_id", 1, 0, int.MaxValue - 1),
            Head = architecture == "RobertaModel" ? BertHead.Pooler : BertHead.Masked,
        });
        return config.Context > config.FirstPosition ? config with { Context = config.Context - config.FirstPosition }
            : throw json.Wrong("max_position_embeddings", $"more than the {config.FirstPosition} rows up to padding");
    }

    public override string ArchitectureOf(ModelConfig config) => ((BertConfig)config).Head == BertHead.Pooler ? "RobertaModel" : "RobertaForMaskedLM";

    public override void Write(Utf8JsonWriter json, ModelConfig config)
    {
        base.Write(json, config);
        json.WriteNumber("pad_token_id", ((RobertaConfig)config).Padding);
    }

    public override ForeignNames Names(ModelConfig config) => Names("roberta", path => path switch
    {
        ["masked", "transform", var w] => $"lm_head.dense.{w}",
        ["masked", "norm", var w] => $"lm_head.layer_norm.{w}",
        ["masked", "output", "bias"] => "lm_head.bias",
        _ => null,
    }, config);
}
