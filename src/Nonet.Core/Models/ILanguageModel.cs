using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>What all models have.</summary>
public interface ILanguageModel
{
    /// <summary>The weights, by path. Fill it before the first forward pass.</summary>
    ParameterStore Parameters { get; }

    /// <summary>Number of token ids.</summary>
    int Vocab { get; }

    /// <summary>Longest sequence, cached tokens included.</summary>
    int Context { get; }

    /// <summary>
    /// While training, keep one hidden state a block and compute the rest again in the backward pass: about a third more time for
    /// a fraction of the memory. Gradients keep their bits.
    /// </summary>
    bool Checkpointing { get; set; }
}

/// <summary>A model whose tokens leave keys and values behind for those that come after: what a <c>KvCache</c> is made for.</summary>
public interface ICachedModel : ILanguageModel
{
    /// <summary>Blocks, each with keys and values of its own.</summary>
    int Layers { get; }

    /// <summary>Key and value heads of a layer; a cached token takes 2 · Layers · KvHeads · HeadWidth numbers.</summary>
    int KvHeads { get; }

    /// <summary>Width of a head.</summary>
    int HeadWidth { get; }
}
