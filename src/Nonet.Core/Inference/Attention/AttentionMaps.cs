using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference.Attention;

/// <summary>One kind of attention of a model for a text: a map a layer, and the ids that stand at its sides.</summary>
/// <param name="Name">encoder, decoder or cross.</param>
/// <param name="Layers">The weights.</param>
/// <param name="Queries">The ids that attend: in cross-attention those that are written next.</param>
/// <param name="Keys">The ids that are attended to.</param>
public sealed record AttentionMaps(string Name, IReadOnlyList<AttentionMap> Layers, IReadOnlyList<int> Queries, IReadOnlyList<int> Keys)
{
    /// <summary>The self-attention of an encoder.</summary>
    /// <param name="model">Its weights filled.</param>
    /// <param name="ids">At least one.</param>
    public static AttentionMaps[] Of(IMaskedModel model, int[] ids)
    {
        using var scope = new TensorScope();
        var recorder = new AttentionRecorder();
        model.Forward(Batch.Of(model.Parameters.Device, ids).With(recorder));
        return [new("encoder", recorder.Self, ids, ids)];
    }

    /// <summary>The three attentions of an encoder-decoder that reads a source and writes a target.</summary>
    /// <param name="model">Its weights filled.</param>
    /// <param name="source">At least one id.</param>
    /// <param name="target">What is written, without the start token; with the end mark where that is to be seen. At least one id.</param>
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
