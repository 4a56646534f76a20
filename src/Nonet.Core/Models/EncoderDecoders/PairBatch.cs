using Nonet.Data.Pairs;
using Nonet.Tensors;

namespace Nonet.Models.EncoderDecoders;

/// <summary>
/// Sources and targets for training an encoder-decoder. The decoder reads the start token and the target without its last id, and predicts
/// the target.
/// </summary>
/// <param name="Source">M ids of S sources.</param>
/// <param name="Target">N ids of S targets, each beginning with the start token.</param>
/// <param name="Labels">(N): the token after each target token.</param>
public sealed record PairBatch(Batch Source, Batch Target, Indices Labels)
{
    /// <summary>Pairs of the given numbers, end to end, without padding. The batch belongs to the open scope.</summary>
    public static PairBatch Of(Device device, TokenPairs pairs, ReadOnlySpan<int> numbers, int startToken)
    {
        var (sources, targets, labels) = (new int[numbers.Length][], new int[numbers.Length][], new List<int>());
        for (var i = 0; i < numbers.Length; i++)
        {
            sources[i] = pairs.Source(numbers[i]).ToArray();
            var target = pairs.Target(numbers[i]);
            targets[i] = [startToken, .. target[..^1]];
            labels.AddRange(target);
        }
        return new PairBatch(Batch.Of(device, sources), Batch.Of(device, targets), device.From(labels.ToArray()));
    }

    /// <summary>The same pairs with dropout.</summary>
    public PairBatch With(RandomKey random) => this with { Source = Source.With(random), Target = Target.With(random) };
}
