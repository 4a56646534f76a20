using Nonet.Models.Decoders;
using Nonet.Tensors;

namespace Nonet.Alignment;

/// <summary>
/// The value model of PPO: a decoder with one output, read before each token of a response. Ouyang et al. 2022 start it from the reward model.
/// </summary>
public static class Critic
{
    /// <summary>V before each token of the responses, (R, 1).</summary>
    public static Tensor Values(TaskDecoder model, ResponseBatch responses) => model.Outputs(Ops.Embedding(model.Forward(responses.Batch), responses.Rows));

    /// <summary>The values of many responses on the host, computed in batches, without gradients.</summary>
    public static double[][] Evaluate(TaskDecoder model, IReadOnlyList<(int[] Prompt, int[] Response)> items, int tokensAtOnce = 4096,
        CancellationToken stopping = default) =>
        Policy.InBatches(model.Parameters.Device, items, tokensAtOnce, batch => Values(model, batch), stopping);
}
