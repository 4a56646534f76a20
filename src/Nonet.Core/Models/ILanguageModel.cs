using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>Members that all models have.</summary>
public interface ILanguageModel
{
    /// <summary>The weights, by path. Fill the store before the first forward pass.</summary>
    ParameterStore Parameters { get; }

    /// <summary>Number of token ids.</summary>
    int Vocab { get; }

    /// <summary>Longest sequence in tokens, including cached ones.</summary>
    int Context { get; }

    /// <summary>
    /// Whether training keeps only one hidden state per block and recomputes the rest in the backward pass: about a third more time for a
    /// fraction of the memory. The gradients have the same bits.
    /// </summary>
    bool Checkpointing { get; set; }
}

/// <summary>A model whose tokens leave keys and values for later tokens. A <c>KvCache</c> stores them.</summary>
public interface ICachedModel : ILanguageModel
{
    /// <summary>Number of blocks, each with its own keys and values.</summary>
    int Layers { get; }

    /// <summary>Key and value heads of a layer. A cached token takes 2 · Layers · KvHeads · HeadWidth numbers.</summary>
    int KvHeads { get; }

    /// <summary>Width of a head.</summary>
    int HeadWidth { get; }
}
