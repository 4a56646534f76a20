using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI;

/// <summary>Models as clients of Microsoft.Extensions.AI.</summary>
public static class LanguageModelExtensions
{
    /// <summary>A decoder as a chat client. The model stays open when the client is disposed of.</summary>
    public static IChatClient AsIChatClient(this LanguageModel model) => new NonetChatClient(model);

    /// <summary>
    /// A model as a generator of embeddings of length 1, pooled as the model's files say, otherwise by the mean of the hidden states. The model stays open when
    /// the generator is disposed of.
    /// </summary>
    public static IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator(this LanguageModel model) => new NonetEmbeddingGenerator(model);
}
