using System.Text.Json.Serialization;

namespace Nonet.Models;

/// <summary>Layers on top of the blocks. Each value is named after a class of transformers.</summary>
public enum ModelHead
{
    /// <summary>None: LlamaModel.</summary>
    None = -1,

    /// <summary>A pooling layer over the first token: BertModel.</summary>
    Pooler,

    /// <summary>Prediction of masked tokens: BertForMaskedLM.</summary>
    Masked,

    /// <summary>
    /// A pooling layer, prediction of masked tokens, and prediction of whether the second text follows the first: BertForPreTraining.
    /// </summary>
    [JsonStringEnumMemberName("pretraining")]
    PreTraining,

    /// <summary>Prediction of whether the second text follows the first: BertForNextSentencePrediction.</summary>
    NextSentence,

    /// <summary>Labels or a number for a whole text or pair: BertForSequenceClassification, LlamaForSequenceClassification.</summary>
    SequenceClassification,

    /// <summary>A label for each token: BertForTokenClassification, LlamaForTokenClassification.</summary>
    TokenClassification,

    /// <summary>Start and end of an answer: BertForQuestionAnswering, LlamaForQuestionAnswering.</summary>
    QuestionAnswering,

    /// <summary>One number for each of several choices: BertForMultipleChoice.</summary>
    MultipleChoice,
}

/// <summary>Meaning of the logits of a sequence classification: problem_type of transformers.</summary>
public enum LabelProblem
{
    /// <summary>Exactly one label applies: softmax.</summary>
    SingleLabel,

    /// <summary>Any number of labels apply: one sigmoid per label.</summary>
    MultiLabel,

    /// <summary>The logits are numbers to predict.</summary>
    Regression,
}
