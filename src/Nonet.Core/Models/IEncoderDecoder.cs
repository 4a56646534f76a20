using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A model that reads a whole source and writes a target token by token.</summary>
public interface IEncoderDecoder : ICachedModel
{
    /// <summary>First id of every target. It is not part of the text.</summary>
    int StartToken { get; }

    /// <summary>Number of token ids of sources.</summary>
    int SourceVocab => Vocab;

    /// <summary>
    /// Computes the hidden states of S sources. They serve S targets in the same order, or as many targets of each source as
    /// <see cref="EncodedSource.For"/> says.
    /// </summary>
    EncodedSource Encode(Batch source);

    /// <summary>Computes the hidden states (N, Width) of targets that begin with <see cref="StartToken"/>.</summary>
    /// <param name="target">
    /// The targets: one per source, or as <paramref name="memory"/> says. With a cache, <c>KvCache.Append</c> must have made the batch.
    /// </param>
    /// <param name="memory">The encoded sources.</param>
    /// <param name="cache">Keys and values of the previous target tokens.</param>
    Tensor Decode(Batch target, EncodedSource memory, KvCache? cache = null);

    /// <summary>Logits (N, Vocab) of hidden states (N, Width).</summary>
    Tensor Output(Tensor hidden);
}
