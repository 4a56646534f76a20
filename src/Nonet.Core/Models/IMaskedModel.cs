using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>An encoder that predicts masked tokens from the tokens on both sides.</summary>
public interface IMaskedModel : ILanguageModel
{
    /// <summary>Computes the hidden states after the last block.</summary>
    /// <param name="batch">N tokens of one or more sequences.</param>
    /// <param name="segments">(N) I32: segment of each token, 0 for the first text; null: all tokens belong to the first text.</param>
    /// <returns>(N, Width).</returns>
    Tensor Forward(Batch batch, Indices? segments = null);

    /// <summary>
    /// Logits (N, Vocab) of hidden states (N, Width): predicts the token at each position. Throws if the checkpoint has no head for masked
    /// tokens.
    /// </summary>
    Tensor Output(Tensor hidden);

    /// <summary>tanh(W h + b) of each sequence's first hidden state, (S, Width). Throws if the checkpoint has no pooler.</summary>
    Tensor Pool(Tensor hidden, Batch batch);
}
