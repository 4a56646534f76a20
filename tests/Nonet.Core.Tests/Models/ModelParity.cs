using Nonet.Inference;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tests.Inference;

namespace Nonet.Tests.Models;

/// <summary>What is compared with other implementations: logits, greedy ids, and all that an encoder gives.</summary>
static class ModelParity
{
    /// <param name="model">Any.</param>
    /// <param name="ids">One sequence.</param>
    /// <param name="decoderIds">What the decoder of an encoder-decoder reads; not used for others.</param>
    public static double[] Logits(ILanguageModel model, int[] ids, int[] decoderIds)
    {
        using var scope = new TensorScope();
        var batch = Batch.Of(model.Parameters.Device, [ids]);
        switch (model)
        {
            case ICausalModel causal:
                return causal.Output(causal.Forward(batch)).ToDoubles();
            case IMaskedModel masked:
                return masked.Output(masked.Forward(batch)).ToDoubles();
            default:
                var both = (IEncoderDecoder)model;
                using (var memory = both.Encode(batch))
                    return both.Output(both.Decode(Batch.Of(model.Parameters.Device, [decoderIds]), memory)).ToDoubles();
        }
    }

    /// <summary>The likeliest tokens after some, or of a source.</summary>
    public static int[] Greedy(ILanguageModel model, int[] ids, int count)
    {
        var options = new GenerationOptions { MaxTokens = count, Sampler = SamplerOptions.Greedy };
        return Written.Ids(model, ids, options);
    }

    /// <summary>All that an encoder and its head give for some sequences, one number after another.</summary>
    public static double[] Task(ITaskModel model, int[][] inputs, int[][] types)
    {
        using var scope = new TensorScope();
        var device = model.Parameters.Device;
        var batch = Batch.Of(device, inputs);
        var hidden = model.Forward(batch, model.Segments > 1 ? device.From([.. types.SelectMany(t => t)]) : null);
        return (model.Head, model as Bert) switch
        {
            (ModelHead.Pooler, { } bert) => [.. hidden.ToDoubles(), .. bert.Pool(hidden, batch).ToDoubles()],
            (ModelHead.PreTraining, { } bert) => [.. bert.Output(hidden).ToDoubles(), .. bert.Task(hidden, batch).ToDoubles()],
            (ModelHead.Masked, { } bert) => bert.Output(hidden).ToDoubles(),
            _ => model.Task(hidden, batch).ToDoubles(),
        };
    }
}
