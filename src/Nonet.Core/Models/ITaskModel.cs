using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A model whose hidden states are used for a task: an encoder, or a decoder with a task's output layer.</summary>
public interface ITaskModel : ILanguageModel
{
    /// <summary>The model's shape.</summary>
    ModelConfig Shape { get; }

    /// <summary>Layers on top of the blocks.</summary>
    ModelHead Head { get; }

    /// <summary>Number of segments that tokens may belong to; null: the model does not distinguish segments.</summary>
    int? Segments { get; }

    /// <summary>Hidden states after the last block.</summary>
    /// <param name="batch">N tokens of one or many sequences.</param>
    /// <param name="segments">(N) I32: which of two texts a token belongs to; null: all to the first.</param>
    /// <returns>(N, Width).</returns>
    Tensor Forward(Batch batch, Indices? segments = null);

    /// <summary>
    /// Logits of the task: sequence classification and regression (S, labels), token classification (N, labels), question answering (N, 2) for start
    /// and end, multiple choice (S, 1). If the batch has dropout, it is applied before the output layer. Throws if the model has no such head.
    /// </summary>
    Tensor Task(Tensor hidden, Batch batch);
}
