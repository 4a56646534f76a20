using Nonet.Inference;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A decoder: each token's hidden state depends on the tokens up to it and on nothing after.</summary>
public interface ICausalModel
{
    /// <summary>The weights, by path. Fill it before the first <see cref="Forward"/>.</summary>
    ParameterStore Parameters { get; }

    /// <summary>Number of token ids.</summary>
    int Vocab { get; }

    /// <summary>Longest sequence, cached tokens included.</summary>
    int Context { get; }

    /// <summary>Blocks, each with keys and values of its own.</summary>
    int Layers { get; }

    /// <summary>Key and value heads of a layer; a cached token takes 2 · Layers · KvHeads · HeadWidth numbers.</summary>
    int KvHeads { get; }

    /// <summary>Width of a head.</summary>
    int HeadWidth { get; }

    /// <summary>
    /// While training, keep one hidden state a block and compute the rest again in the backward pass: about a third more time for
    /// a fraction of the memory. Gradients keep their bits.
    /// </summary>
    bool Checkpointing { get; set; }

    /// <summary>Hidden states after the last norm.</summary>
    /// <param name="batch">N tokens of one or many sequences; made by <c>KvCache.Append</c> where a cache is given.</param>
    /// <param name="cache">Keys and values of the tokens before; those of this batch are written to it.</param>
    /// <returns>(N, Width): project with <see cref="Output"/> for logits.</returns>
    Tensor Forward(Batch batch, KvCache? cache = null);

    /// <summary>Logits (N, Vocab) of hidden states (N, Width).</summary>
    Tensor Output(Tensor hidden);
}
