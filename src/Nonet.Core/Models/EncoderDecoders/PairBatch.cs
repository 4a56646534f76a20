using Nonet.Data.Pairs;
using Nonet.Tensors;

namespace Nonet.Models.EncoderDecoders;

/// <summary>Sources and targets as an encoder-decoder is trained on them: the decoder reads the start token and the target but for its last id, and is to write the target.</summary>
/// <param name="Source">M ids of S sources.</param>
/// <param name="Target">N ids of S targets, each beginning with the start token.</param>
/// <param name="Labels">(N): what comes after each.</param>
public sealed record PairBatch(Batch Source, Batch Target, Indices Labels)
{
    /// <summary>Some pairs end to end, without padding; of the open scope.</summary>
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

    /// <summary>The same with dropout.</summary>
    public PairBatch With(RandomKey random) => this with { Source = Source.With(random), Target = Target.With(random) };
}
