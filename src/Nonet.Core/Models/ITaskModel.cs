using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A model whose hidden states answer for a task: an encoder, or a decoder with the output layer of a task.</summary>
public interface ITaskModel : ILanguageModel
{
    /// <summary>The model's shape.</summary>
    ModelConfig Shape { get; }

    /// <summary>What stands on top of the blocks.</summary>
    ModelHead Head { get; }

    /// <summary>Kinds of text that a token may belong to; null: the model does not tell them apart.</summary>
    int? Segments { get; }

    /// <summary>Hidden states after the last block.</summary>
    /// <param name="batch">N tokens of one or many sequences.</param>
    /// <param name="segments">(N) I32: which of two texts a token belongs to; null: all to the first.</param>
    /// <returns>(N, Width).</returns>
    Tensor Forward(Batch batch, Indices? segments = null);

    /// <summary>
    /// Logits of the task, with dropout before its output layer where the batch has it: of sequence classification and regression (S, labels), of token
    /// classification (N, labels), of question answering (N, 2), start and end, of multiple choice (S, 1). Throws if the model has no such head.
    /// </summary>
    Tensor Task(Tensor hidden, Batch batch);
}
