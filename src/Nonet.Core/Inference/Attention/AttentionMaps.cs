using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference.Attention;

/// <summary>One kind of attention of a model for a text: a map per layer, with the ids of its rows and columns.</summary>
/// <param name="Name">encoder, decoder or cross.</param>
/// <param name="Layers">Weights of each layer.</param>
/// <param name="Queries">The ids that attend, one per row. In cross-attention, the ids that the decoder predicts at these positions.</param>
/// <param name="Keys">The ids that are attended to, one per column.</param>
public sealed record AttentionMaps(string Name, IReadOnlyList<AttentionMap> Layers, IReadOnlyList<int> Queries, IReadOnlyList<int> Keys)
{
    /// <summary>The self-attention of an encoder.</summary>
    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="ids">Ids of the text; at least one.</param>
    public static AttentionMaps[] Of(IMaskedModel model, int[] ids)
    {
        using var scope = new TensorScope();
        var recorder = new AttentionRecorder();
        model.Forward(Batch.Of(model.Parameters.Device, ids).With(recorder));
        return [new("encoder", recorder.Self, ids, ids)];
    }

    /// <summary>The three kinds of attention of an encoder-decoder that reads a source and writes a target.</summary>
    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="source">Ids of the source; at least one.</param>
    /// <param name="target">Ids of the target without the start token; at least one. Include the end mark to see its attention.</param>
    public static AttentionMaps[] Of(IEncoderDecoder model, int[] source, int[] target)
    {
        using var scope = new TensorScope();
        var (reading, writing) = (new AttentionRecorder(), new AttentionRecorder());
        int[] input = [model.StartToken, .. target[..^1]];
        using var memory = model.Encode(Batch.Of(model.Parameters.Device, source).With(reading));
        model.Decode(Batch.Of(model.Parameters.Device, input).With(writing), memory);
        return [new("encoder", reading.Self, source, source), new("decoder", writing.Self, input, input), new("cross", writing.Cross, target, source)];
    }
}
