using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>An encoder that predicts masked tokens from both sides.</summary>
public interface IMaskedModel : ILanguageModel
{
    /// <summary>Hidden states after the last block.</summary>
    /// <param name="batch">N tokens of one or many sequences.</param>
    /// <param name="segments">(N) I32: which of two texts a token belongs to; null: all to the first.</param>
    /// <returns>(N, Width).</returns>
    Tensor Forward(Batch batch, Indices? segments = null);

    /// <summary>Logits (N, Vocab) of hidden states (N, Width): what stands at each place. Throws where the checkpoint has no such head.</summary>
    Tensor Output(Tensor hidden);

    /// <summary>tanh(W h + b) of each sequence's first hidden state, (S, Width). Throws where the checkpoint has no pooler.</summary>
    Tensor Pool(Tensor hidden, Batch batch);
}
