using System.Runtime.CompilerServices;
using System.Text.Json;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;

namespace Nonet.Checkpoints.Families;

/// <summary>RoBERTa: max_position_embeddings includes the rows of padding.</summary>
sealed class RobertaFamily : BertFamily
{
    [ModuleInitializer]
    internal static new void Register() => Register(new RobertaFamily());

    public override string ModelType => "roberta";
    public override (int? Begin, int? End, int? Padding) Marks => (0, 2, 1);
    public override bool WritesPadding => true;
    public override IReadOnlyList<string> Architectures =>
        ["RobertaForMaskedLM", "RobertaModel", "RobertaForSequenceClassification", "RobertaForTokenClassification", "RobertaForQuestionAnswering",
            "RobertaForMultipleChoice"];

    public override ModelConfig Read(JsonFields json, string architecture)
    {
        var config = Read(json, new RobertaConfig
        {
            Vocab = 50265,
            Segments = json.Positive("type_vocab_size", 2),
            Epsilon = (float)json.Number("layer_norm_eps", 1e-12, 0, 1),
            Padding = (int)json.Number("pad_token_id", 1, 0, int.MaxValue - 1),
            Head = HeadOf(architecture),
        });
        return config.Context > config.FirstPosition ? config with { Context = config.Context - config.FirstPosition }
            : throw json.Wrong("max_position_embeddings", $"more than the {config.FirstPosition} rows up to padding");
    }

    public override string ArchitectureOf(ModelConfig config) => "Roberta" + ClassOf(((BertConfig)config).Head);

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
        ["masked", "output", "weight"] => "lm_head.decoder.weight",
        ["classifier", "dense", var w] => $"classifier.dense.{w}",
        ["classifier", "output", var w] => $"classifier.out_proj.{w}",
        ["classifier", var w] => Output(config, w),
        _ => null,
    }, config, "lm_head.decoder.weight", "lm_head.bias");
}
