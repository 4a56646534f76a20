using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Alignment;

/// <summary>Log-probabilities of responses under a decoder, computed as in training.</summary>
public static class Policy
{
    /// <summary>Maximum number of logits computed at once. If there are more, the rows are processed in pieces, which the backward pass recomputes.</summary>
    const long WholeLimit = 64L << 20;

    /// <summary>
    /// ln π of each token of the responses, (R), with the logits divided by the temperature: the distribution that rollouts draw from. Rollout, reference and
    /// update must use the same temperature and no dropout, so that the first ratio is 1.
    /// </summary>
    /// <param name="model">The decoder.</param>
    /// <param name="responses">The responses.</param>
    /// <param name="temperature">Above 0.</param>
    public static Tensor LogProbabilities(ICausalModel model, ResponseBatch responses, double temperature = 1) =>
        LogProbabilities(model, responses, temperature, WholeLimit);

    internal static Tensor LogProbabilities(ICausalModel model, ResponseBatch responses, double temperature, long wholeLimit)
    {
        if (!(temperature > 0 && double.IsFinite(temperature)))
            throw new ArgumentException($"temperature is {temperature}; expected a finite number above 0");
        var rows = Ops.Embedding(model.Forward(responses.Batch), responses.Rows);
        var pieces = (int)Math.Min(responses.Tokens, ((long)responses.Tokens * model.Vocab + wholeLimit - 1) / wholeLimit);
        if (pieces <= 1)
            return Piece(rows, responses.Targets);
        var each = (responses.Tokens + pieces - 1) / pieces;
        int[] sizes = [.. Enumerable.Range(0, (responses.Tokens + each - 1) / each).Select(i => Math.Min(each, responses.Tokens - i * each))];
        var parts = Ops.Split(rows, 0, sizes);
        return Ops.Concat(0, [.. parts.Select((part, i) =>
        {
            var targets = model.Parameters.Device.From(responses.Targets.Values.Slice(i * each, sizes[i]));
            return Tape.IsRecording ? Ops.Checkpoint(h => Piece(h, targets), part) : Piece(part, targets);
        })]);

        Tensor Piece(Tensor hidden, Indices targets)
        {
            var logits = model.Output(hidden);
            return Ops.LogProbabilities(temperature == 1 ? logits : Ops.Scale(logits, (float)(1 / temperature)), targets);
        }
    }

    /// <summary>The log-probabilities of many responses on the host, computed in batches of limited size, without gradients.</summary>
    /// <returns>For each response the numbers of its tokens.</returns>
    public static double[][] Evaluate(ICausalModel model, IReadOnlyList<(int[] Prompt, int[] Response)> items, double temperature = 1,
        int tokensAtOnce = 4096, CancellationToken stopping = default) =>
        InBatches(model.Parameters.Device, items, tokensAtOnce, batch => LogProbabilities(model, batch, temperature), stopping);

    /// <summary>Numbers of the tokens of many responses, computed in batches.</summary>
    internal static double[][] InBatches(Device device, IReadOnlyList<(int[] Prompt, int[] Response)> items, int tokensAtOnce, Func<ResponseBatch,
        Tensor> compute, CancellationToken stopping)
    {
        var result = new List<double[]>(items.Count);
        while (result.Count < items.Count)
        {
            stopping.ThrowIfCancellationRequested();
            var (first, end, tokens) = (result.Count, result.Count, 0);
            while (end < items.Count && (end == first || tokens + Length(items[end]) <= tokensAtOnce))
                tokens += Length(items[end++]);
            using var scope = new TensorScope();
            var batch = new ResponseBatch(device, [.. items.Skip(first).Take(end - first)]);
            result.AddRange(batch.Split(HostLoss.Read(compute(batch))));
        }
        return [.. result];
    }

    static int Length((int[] Prompt, int[] Response) item) => item.Prompt.Length + item.Response.Length;
}
