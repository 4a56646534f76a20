using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A decoder: each token's hidden state depends on the tokens up to it and on nothing after.</summary>
public interface ICausalModel : ICachedModel
{
    /// <summary>Query heads · HeadWidth: what attention multiplies per pair of tokens.</summary>
    int AttentionWidth { get; }

    /// <summary>Hidden states after the last norm.</summary>
    /// <param name="batch">N tokens of one or many sequences; made by <c>KvCache.Append</c> where a cache is given.</param>
    /// <param name="cache">Keys and values of the tokens before; those of this batch are written to it.</param>
    /// <returns>(N, Width): project with <see cref="Output"/> for logits.</returns>
    Tensor Forward(Batch batch, KvCache? cache = null);

    /// <summary>Logits (N, Vocab) of hidden states (N, Width).</summary>
    Tensor Output(Tensor hidden);
}
