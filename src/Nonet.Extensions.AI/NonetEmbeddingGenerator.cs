using Microsoft.Extensions.AI;
using Nonet.Inference.Encoders;

namespace Nonet.Extensions.AI;

/// <summary>
/// An encoder or a decoder in this process as an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>. The texts of a call are computed in batches. Calls are
/// thread-safe.
/// </summary>
public sealed class NonetEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Key in an embedding's additional properties: number of tokens truncated from the end of the text because of the model's context.</summary>
    public const string CutTokens = "cut_tokens";

    readonly LanguageModel model;
    readonly TextEmbedder embedder;
    readonly EmbeddingGeneratorMetadata metadata;
    readonly bool ownsModel;

    /// <param name="model">An encoder or a decoder. It stays open when the generator is disposed of.</param>
    /// <param name="pooling">
    /// How hidden states are pooled into one vector; it should be as in training. Null: as the model's files say (modules.json, or pooling_type of a GGUF
    /// file), otherwise their mean.
    /// </param>
    /// <param name="normalize">Whether vectors are normalised to length 1, so that their dot product is the cosine.</param>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, or lacks what the pooling needs.</exception>
    public NonetEmbeddingGenerator(LanguageModel model, Pooling? pooling = null, bool normalize = true)
        : this(model, pooling, normalize, ownsModel: false)
    {
    }

    NonetEmbeddingGenerator(LanguageModel model, Pooling? pooling, bool normalize, bool ownsModel)
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, embedder, this.ownsModel) = (model, model.CreateEmbedder(pooling, normalize), ownsModel);
        metadata = new EmbeddingGeneratorMetadata("nonet", defaultModelId: model.Name, defaultModelDimensions: embedder.Width);
    }

    /// <summary>Opens a model that the generator disposes of.</summary>
    /// <param name="path">A Hugging Face folder, a .gguf file, a run folder, or owner/name of a pulled model.</param>
    /// <param name="pooling">
    /// How hidden states are pooled into one vector; it should be as in training. Null: as the model's files say (modules.json, or pooling_type of a GGUF
    /// file), otherwise their mean.
    /// </param>
    /// <param name="normalize">Whether vectors are normalised to length 1, so that their dot product is the cosine.</param>
    /// <exception cref="IOException">A file is missing or cannot be read. The message names it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged. The message names the file and the field.</exception>
    /// <exception cref="NotSupportedException">The model is an encoder-decoder, or lacks what the pooling needs.</exception>
    public static NonetEmbeddingGenerator Open(string path, Pooling? pooling = null, bool normalize = true)
    {
        var model = LanguageModel.Open(path);
        try
        {
            return new NonetEmbeddingGenerator(model, pooling, normalize, ownsModel: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Computes the vectors of texts, in their order. A text longer than the model's context is truncated, and <see cref="CutTokens"/> says by how many tokens.
    /// </summary>
    /// <exception cref="ArgumentException">The options ask for another model, or for vectors of another length.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.ModelId is { } wanted && wanted != model.Name)
            throw new ArgumentException($"EmbeddingGenerationOptions.ModelId is {wanted}; this generator has {model.Name}");
        if (options?.Dimensions is { } width && width != embedder.Width)
            throw new ArgumentException($"EmbeddingGenerationOptions.Dimensions is {width}; the vectors of {model.Name} have {embedder.Width}");
        var (result, tokens, now) = (new GeneratedEmbeddings<Embedding<float>>(), 0L, DateTimeOffset.UtcNow);
        await foreach (var embedding in embedder.Embed(values.ToAsyncEnumerable(), cancellationToken).ConfigureAwait(false))
        {
            tokens += embedding.Tokens;
            result.Add(new Embedding<float>(embedding.Vector)
            {
                ModelId = model.Name,
                CreatedAt = now,
                AdditionalProperties = embedding.Cut > 0 ? new AdditionalPropertiesDictionary { [CutTokens] = embedding.Cut } : null,
            });
        }
        result.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return result;
    }

    /// <summary>This generator, its <see cref="EmbeddingGeneratorMetadata"/>, the <see cref="TextEmbedder"/> and the <see cref="LanguageModel"/>.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null : ((object[])[this, metadata, embedder, model]).FirstOrDefault(serviceType.IsInstanceOfType);
    }

    /// <summary>Closes the model if <see cref="Open"/> opened it.</summary>
    public void Dispose()
    {
        if (ownsModel)
            model.Dispose();
    }
}
