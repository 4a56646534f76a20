using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>A label and its score.</summary>
/// <param name="Label">Name of the label.</param>
/// <param name="Score">Its probability; for regression, the predicted number.</param>
public readonly record struct ScoredLabel(string Label, double Score);

/// <summary>The labels of a text, or of a pair.</summary>
/// <param name="Labels">All labels, the highest score first.</param>
/// <param name="Cut">Number of tokens beyond the model's context, which were not read.</param>
public sealed record Classification(IReadOnlyList<ScoredLabel> Labels, int Cut);

/// <summary>
/// Classifies a text or a pair: by the softmax of the logits, by a sigmoid of each if several labels may apply, or by the logits themselves for regression. A
/// checkpoint for next-sentence prediction says whether the second text follows the first.
/// </summary>
public sealed class TextClassifier
{
    readonly ModelText text;

    /// <exception cref="NotSupportedException">The checkpoint has another head.</exception>
    public TextClassifier(ITaskModel model, Tokenizer tokenizer)
    {
        text = new ModelText(model, tokenizer).Expect(
            [ModelHead.SequenceClassification,
                .. model.Shape is BertConfig and not RobertaConfig ? [ModelHead.NextSentence, ModelHead.PreTraining] : Array.Empty<ModelHead>()]);
        Labels = model.Shape.Task?.Labels ?? ["is_next", "is_other"];
    }

    /// <summary>Names of the labels, in the order of the logits.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Meaning of the logits.</summary>
    public LabelProblem Problem => text.Model.Shape.Task?.Problem ?? LabelProblem.SingleLabel;

    /// <summary>Classifies texts or pairs, in their order; several are computed at once.</summary>
    public IAsyncEnumerable<Classification> Classify(IAsyncEnumerable<(string Text, string? Second)> texts, CancellationToken stopping = default) =>
        text.Run(texts.Select(t => text.Encode(t.Text, t.Second)), Compute, stopping);

    /// <summary>Classifies one text or pair, on the caller's thread.</summary>
    public Classification Classify(string single, string? second = null)
    {
        using var scope = new TensorScope();
        return Compute([text.Encode(single, second)]).Single();
    }

    IEnumerable<Classification> Compute(IReadOnlyList<EncoderInput> inputs)
    {
        var (hidden, batch) = text.Forward(inputs);
        return inputs.Zip(ModelText.FiniteRows(text.Model.Task(hidden, batch)), (input, logits) =>
            new Classification([.. Scores(logits).Zip(Labels, (score, label) => new ScoredLabel(label, score)).OrderByDescending(l => l.Score)], input.Cut));
    }

    double[] Scores(float[] logits) => Problem switch
    {
        LabelProblem.Regression => Array.ConvertAll(logits, l => (double)l),
        LabelProblem.MultiLabel => Array.ConvertAll(logits, l => 1 / (1 + Math.Exp(-l))),
        _ => ModelText.Softmax(logits.Select(l => (double)l)),
    };
}
