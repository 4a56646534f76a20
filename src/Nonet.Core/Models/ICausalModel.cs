using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A decoder: the hidden state of a token depends on this token and those before it only.</summary>
public interface ICausalModel : ICachedModel
{
    /// <summary>Query heads · HeadWidth: attention multiplies this many numbers per pair of tokens.</summary>
    int AttentionWidth { get; }

    /// <summary>Computes the hidden states after the last norm.</summary>
    /// <param name="batch">N tokens of one or more sequences. With a cache, <c>KvCache.Append</c> must have made the batch.</param>
    /// <param name="cache">Keys and values of the previous tokens; those of this batch are added to it.</param>
    /// <returns>(N, Width): project with <see cref="Output"/> for logits.</returns>
    Tensor Forward(Batch batch, KvCache? cache = null);

    /// <summary>Logits (N, Vocab) of hidden states (N, Width).</summary>
    Tensor Output(Tensor hidden);
}
