using System.Text.Json.Serialization;

namespace Nonet.Models;

/// <summary>What stands on top of the blocks.</summary>
public enum ModelHead
{
    /// <summary>A layer over the first token: BertModel.</summary>
    Pooler,

    /// <summary>The prediction of masked tokens: BertForMaskedLM.</summary>
    Masked,

    /// <summary>Both, and the prediction of whether the second text follows the first: BertForPreTraining.</summary>
    [JsonStringEnumMemberName("pretraining")]
    PreTraining,

    /// <summary>Whether the second text follows the first: BertForNextSentencePrediction.</summary>
    NextSentence,

    /// <summary>Labels, or a number, of a whole text or pair: BertForSequenceClassification, LlamaForSequenceClassification.</summary>
    SequenceClassification,

    /// <summary>Labels of each token: BertForTokenClassification, LlamaForTokenClassification.</summary>
    TokenClassification,

    /// <summary>Where an answer begins and ends: BertForQuestionAnswering, LlamaForQuestionAnswering.</summary>
    QuestionAnswering,

    /// <summary>One number for each of several choices: BertForMultipleChoice.</summary>
    MultipleChoice,
}

/// <summary>What the logits of a sequence classification mean: problem_type of transformers.</summary>
public enum LabelProblem
{
    /// <summary>One label is right: softmax.</summary>
    SingleLabel,

    /// <summary>Any of the labels may be right: a sigmoid each.</summary>
    MultiLabel,

    /// <summary>The logits are numbers.</summary>
    Regression,
}
