using Nonet.Data;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Training;

/// <summary>Gradient accumulation: splits the tokens of an update into micro-batches that fit in memory.</summary>
public static class MicroBatch
{
    /// <summary>Reads batch <paramref name="index"/> of a source to a device: the tokens, and the next token of each.</summary>
    public static (Batch Batch, Indices Targets) Read(BatchSource source, long index, Device device)
    {
        var shape = new Shape(source.Batch * source.Context);
        var (ids, targets) = (device.Host.Empty(shape, DType.I32), device.Host.Empty(shape, DType.I32));
        source.Fill(index, ids.AsSpan<int>(), targets.AsSpan<int>());
        return (Batch.Of(device, ids.AsSpan<int>(), source.Context), new Indices(device, targets));
    }

    /// <summary>
    /// Adds the share of a micro-batch to the gradients: n / N of the gradient of its mean loss. n is the number of its targets that are
    /// not −1; N is the sum of n over all micro-batches of the update. Together they give the gradient of the mean over all N targets, even
    /// if they differ in size.
    /// </summary>
    /// <param name="model">A model that was filled for training.</param>
    /// <param name="batch">Tokens of the micro-batch.</param>
    /// <param name="targets">(n): the next token of each token; −1 is not counted.</param>
    /// <param name="total">N.</param>
    /// <param name="zLoss">Coefficient of the z-loss, which the returned loss includes.</param>
    /// <returns>n / N of its mean loss, in nats. The sum over the micro-batches is the mean over all targets.</returns>
    public static double Backward(ICausalModel model, Batch batch, Indices targets, long total, float zLoss = 0)
    {
        var counted = targets.Shape[0] - MemoryExtensions.Count(targets.Values, -1);
        return Backward(counted, total, () => model.Loss(batch, targets, zLoss: zLoss));
    }

    /// <summary>The same for any loss.</summary>
    /// <param name="counted">n: number of targets that the micro-batch's loss is the mean of.</param>
    /// <param name="total">N.</param>
    /// <param name="meanLoss">Computes the mean loss, a scalar, on the open tape.</param>
    public static double Backward(long counted, long total, Func<Tensor> meanLoss)
    {
        if (counted > total)
            throw new ArgumentException($"a micro-batch of {counted} targets in an update of {total} targets", nameof(total));
        if (counted == 0)
            return 0;
        using var scope = new TensorScope();
        using var tape = new Tape();
        return Backward(tape, meanLoss(), (double)counted / total);
    }

    /// <summary>The same for a loss on a tape that is still open.</summary>
    /// <param name="tape">The tape that recorded the loss.</param>
    /// <param name="meanLoss">Mean loss of the micro-batch, a scalar.</param>
    /// <param name="share">Share of the micro-batch in the update: n / N.</param>
    public static double Backward(Tape tape, Tensor meanLoss, double share)
    {
        tape.Backward(meanLoss, meanLoss.Device.Full(meanLoss.Shape, meanLoss.DType, share));
        return meanLoss.Item() * share;
    }
}
