using Nonet.Data.Instructions;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Models.Losses;

/// <summary>Random numbers of a pass over examples.</summary>
/// <param name="Key">Seed and step of dropout and noise.</param>
/// <param name="EmbeddingNoise">α of the noise on embedded tokens: see <see cref="Batch.EmbeddingNoise"/>. 0: none.</param>
public readonly record struct PassNoise(RandomKey Key, float EmbeddingNoise = 0);

/// <summary>Loss of supervised fine-tuning.</summary>
public static class SupervisedLoss
{
    /// <summary>
    /// Mean of −log p in nats over the supervised tokens of some examples. The examples lie end to end without padding. Each attends to itself only and its
    /// positions begin at 0, so that the result does not depend on what is packed together. Logits are computed for supervised tokens only.
    /// </summary>
    /// <param name="model">A decoder or an encoder-decoder.</param>
    /// <param name="examples">Examples with at least one target each.</param>
    /// <param name="noise">Dropout and noise; null: none, as in evaluation.</param>
    public static Tensor Loss(this ILanguageModel model, IReadOnlyList<SupervisedTokens> examples, PassNoise? noise = null)
    {
        var device = model.Parameters.Device;
        switch (model)
        {
            case ICausalModel decoder:
                var batch = Batch.Of(device, [.. examples.Select(e => e.Ids[..^1])]);
                var next = device.From(examples.SelectMany(e => Labels(e).Skip(1)).ToArray());
                return decoder.Loss(noise is { } own ? batch.With(own.Key, own.EmbeddingNoise) : batch, next);
            case IEncoderDecoder pair:
                var source = Batch.Of(device,
                    [.. examples.Select(e => e.Source ?? throw new ArgumentException("an encoder-decoder needs examples with a source", nameof(examples)))]);
                var target = Batch.Of(device, [.. examples.Select(e => (int[])[pair.StartToken, .. e.Ids[..^1]])]);
                var both = new PairBatch(source, target, device.From(examples.SelectMany(Labels).ToArray()));
                return pair.Loss(noise is { } key ? both with { Source = source.With(key.Key, key.EmbeddingNoise), Target = target.With(key.Key) } : both);
            default:
                throw new NotSupportedException(
                    $"found a {model.GetType().Name}, which writes no text; expected a decoder, such as gpt2 or llama, or an encoder-decoder, such as t5");
        }
    }

    /// <summary>The ids, with −1 in place of ids that the loss does not cover.</summary>
    static IEnumerable<int> Labels(SupervisedTokens example) => example.Ids.Select((id, i) => example.Supervised[i] ? id : -1);
}
