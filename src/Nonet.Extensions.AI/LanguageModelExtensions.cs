using Microsoft.Extensions.AI;

namespace Nonet.Extensions.AI;

/// <summary>Models as clients of Microsoft.Extensions.AI.</summary>
public static class LanguageModelExtensions
{
    /// <summary>A decoder as a chat client. The model stays open when the client is disposed of.</summary>
    public static IChatClient AsIChatClient(this LanguageModel model) => new NonetChatClient(model);

    /// <summary>An encoder as a generator of embeddings: mean of the hidden states, length 1. The model stays open when the generator is disposed of.</summary>
    public static IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator(this LanguageModel model) => new NonetEmbeddingGenerator(model);
}
