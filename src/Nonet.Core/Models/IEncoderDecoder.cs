using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A model that reads a source whole and writes a target token by token.</summary>
public interface IEncoderDecoder : ICachedModel
{
    /// <summary>The id that every target begins with; it is not part of the text.</summary>
    int StartToken { get; }

    /// <summary>Number of token ids of sources.</summary>
    int SourceVocab => Vocab;

    /// <summary>The sources' hidden states. Those of a batch of S sources serve S targets, in their order, or as many of each as <see cref="EncodedSource.For"/> says.</summary>
    EncodedSource Encode(Batch source);

    /// <summary>The targets' hidden states, (N, Width), each beginning with <see cref="StartToken"/>.</summary>
    /// <param name="target">The targets, one a source or as the memory says; made by <c>KvCache.Append</c> where a cache is given.</param>
    /// <param name="memory">The sources.</param>
    /// <param name="cache">Keys and values of the target tokens before.</param>
    Tensor Decode(Batch target, EncodedSource memory, KvCache? cache = null);

    /// <summary>Logits (N, Vocab) of hidden states (N, Width).</summary>
    Tensor Output(Tensor hidden);
}
