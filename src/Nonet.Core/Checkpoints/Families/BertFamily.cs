using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;

namespace Nonet.Checkpoints.Families;

/// <summary>BERT.</summary>
class BertFamily : CheckpointFamily
{
    [ModuleInitializer]
    internal static void Register() => Register(new BertFamily());

    public override string ModelType => "bert";
    public override (int? Begin, int? End, int? Padding) Marks => (null, null, 0);
    public override IReadOnlyList<string> Architectures => [.. heads.Select(h => "Bert" + h.Class)];

    const string Decoder = "cls.predictions.decoder.weight", Bias = "cls.predictions.bias";

    /// <summary>transformers' classes, by the part of their name after the family's name. The first is the default if a config.json names none.</summary>
    static readonly (string Class, ModelHead Head)[] heads =
    [
        ("ForPreTraining", ModelHead.PreTraining), ("ForMaskedLM", ModelHead.Masked), ("Model", ModelHead.Pooler),
        ("ForNextSentencePrediction", ModelHead.NextSentence),
        ("ForSequenceClassification", ModelHead.SequenceClassification), ("ForTokenClassification", ModelHead.TokenClassification),
        ("ForQuestionAnswering", ModelHead.QuestionAnswering), ("ForMultipleChoice", ModelHead.MultipleChoice),
    ];

    /// <summary>The head of a transformers class.</summary>
    protected static ModelHead HeadOf(string architecture) => heads.First(h => architecture.EndsWith(h.Class, StringComparison.Ordinal)).Head;

    /// <summary>The part of a class's name after the family's name.</summary>
    protected static string ClassOf(ModelHead head) => heads.First(h => h.Head == head).Class;

    public override ModelConfig Read(JsonFields json, string architecture) => Read(json, new BertConfig
    {
        Vocab = 30522,
        Segments = json.Positive("type_vocab_size", 2),
        Epsilon = (float)json.Number("layer_norm_eps", 1e-12, 0, 1),
        Head = HeadOf(architecture),
    });

    protected static T Read<T>(JsonFields json, T config) where T : BertConfig
    {
        if (config.HasLabels)
        {
            var task = LabelFields.Read(json, config.Head);
            config = config with { Labels = task.Labels, Problem = task.Problem };
        }
        var (width, heads) = (json.Positive("hidden_size", 768), json.Positive("num_attention_heads", 12));
        Share(json, "hidden_size", width, "num_attention_heads", heads);
        if ((json.Text("position_embedding_type") ?? "absolute") != "absolute")
            throw json.Wrong("position_embedding_type", "absolute");
        json.Only("add_cross_attention", false);
        return config with
        {
            Vocab = json.Positive("vocab_size", config.Vocab),
            Context = json.Positive("max_position_embeddings", 512),
            Layers = Layers(json, "num_hidden_layers", 12),
            Width = width,
            Heads = heads,
            Hidden = json.Positive("intermediate_size", 3072),
            Activation = ReadActivation(json, "hidden_act", "gelu"),
            Causal = json.Flag("is_decoder", false),
            Tied = json.Flag("tie_word_embeddings", true),
            Dropout = (float)json.Number("hidden_dropout_prob", 0.1, 0, 0.99),
            AttentionDropout = (float)json.Number("attention_probs_dropout_prob", 0.1, 0, 0.99),
            ClassifierDropout = json.Has("classifier_dropout") ? (float)json.Number("classifier_dropout", 0, 0, 0.99) : null,
        };
    }

    public override string ArchitectureOf(ModelConfig config) => "Bert" + ClassOf(((BertConfig)config).Head);

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
        if (c.Causal)
            json.WriteBoolean("is_decoder", true);
        json.WriteRealOrNull("classifier_dropout", c.ClassifierDropout);
        json.WriteBoolean("tie_word_embeddings", c.Tied);
        if (c.Task is { } task)
            LabelFields.Write(json, task);
    }

    public override IEnumerable<(string Field, string Path, int Layers)> Stacks(ModelConfig config) =>
        [("num_hidden_layers", "blocks", ((BertConfig)config).Layers)];

    public override ForeignNames Names(ModelConfig config) => Names("bert", path => path switch
    {
        ["masked", "transform", var w] => $"cls.predictions.transform.dense.{w}",
        ["masked", "norm", var w] => $"cls.predictions.transform.LayerNorm.{w}",
        ["masked", "output", "bias"] => Bias,
        ["masked", "output", "weight"] => Decoder,
        ["next_sentence", var w] => $"cls.seq_relationship.{w}",
        ["classifier", var w] => Output(config, w),
        _ => null,
    }, config, Decoder, Bias);

    /// <summary>Name of a weight of a task's output layer.</summary>
    protected static string Output(ModelConfig config, string weight) =>
        ((BertConfig)config).Head == ModelHead.QuestionAnswering ? $"qa_outputs.{weight}" : $"classifier.{weight}";

    /// <summary>
    /// Names of the weights of the blocks and of the heads. Under a head, the blocks have the trunk's name as a prefix; a trunk alone has no prefix.
    /// </summary>
    /// <param name="trunk">Name of the trunk.</param>
    /// <param name="head">Names of the heads' weights.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="decoder">Name of the matrix that predicts masked tokens.</param>
    /// <param name="bias">Name of its bias. If a file has decoder.bias, that is used instead, as transformers does.</param>
    protected static ForeignNames Names(string trunk, Func<string[], string?> head, ModelConfig config, string decoder, string bias)
    {
        var (prefix, c) = (trunk + ".", (BertConfig)config);
        var bare = c.Head == ModelHead.Pooler ? "" : prefix;
        return new(prefix, path => (Trunk(path.Split('/')) is { } name ? bare + name : head(path.Split('/'))) is { } full ? new ForeignWeight(full) : null)
        {
            Heads = ["pooler", "masked", "next_sentence", "classifier"],
            TaskHeads = ["classifier"],
            Alternatives = name => name == bias ? [decoder.Replace(".weight", ".bias", StringComparison.Ordinal), bias]
                : name.EndsWith("LayerNorm.weight", StringComparison.Ordinal)
                ? [name, name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal)]
                // names in older files
                : name.EndsWith("LayerNorm.bias", StringComparison.Ordinal)
                ? [name, name.Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal)] : [name],
            Tied = c.Tied && c.HasMasked ? [bare + "embeddings.word_embeddings.weight", decoder] : [],
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
