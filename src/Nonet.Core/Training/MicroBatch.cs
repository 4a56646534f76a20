using Nonet.Data;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Training;

/// <summary>Gradient accumulation: an update's tokens in parts that fit in memory.</summary>
public static class MicroBatch
{
    /// <summary>Batch <paramref name="index"/> of a source on a device: the tokens and, for each, the one after it.</summary>
    public static (Batch Batch, Indices Targets) Read(BatchSource source, long index, Device device)
    {
        var shape = new Shape(source.Batch * source.Context);
        var (ids, targets) = (device.Host.Empty(shape, DType.I32), device.Host.Empty(shape, DType.I32));
        source.Fill(index, ids.AsSpan<int>(), targets.AsSpan<int>());
        return (Batch.Of(device, ids.AsSpan<int>(), source.Context), new Indices(device, targets));
    }

    /// <summary>
    /// Adds this part's share to the gradients: n / N of the gradient of its mean loss, n being its targets that are not −1 and N those of all parts, so that
    /// the parts together give the gradient of the mean over all N, however unequal they are.
    /// </summary>
    /// <param name="model">Filled for training.</param>
    /// <param name="batch">The part's tokens.</param>
    /// <param name="targets">(n): the token after each; −1 is not counted.</param>
    /// <param name="total">N.</param>
    /// <param name="zLoss">Coefficient of the z-loss, which the loss returned includes.</param>
    /// <returns>n / N of its mean loss, in nats: the sum over the parts is the mean over all.</returns>
    public static double Backward(ICausalModel model, Batch batch, Indices targets, long total, float zLoss = 0)
    {
        var counted = targets.Shape[0] - MemoryExtensions.Count(targets.Values, -1);
        return Backward(counted, total, () => model.Loss(batch, targets, zLoss: zLoss));
    }

    /// <summary>The same for a loss of any kind.</summary>
    /// <param name="counted">n: what the part's loss is the mean over.</param>
    /// <param name="total">N.</param>
    /// <param name="meanLoss">Computes it, a scalar, on the tape that is open then.</param>
    public static double Backward(long counted, long total, Func<Tensor> meanLoss)
    {
        if (counted > total)
            throw new ArgumentException($"a part of {counted} targets of an update of {total}", nameof(total));
        if (counted == 0)
            return 0;
        using var scope = new TensorScope();
        using var tape = new Tape();
        return Backward(tape, meanLoss(), (double)counted / total);
    }

    /// <summary>The same for a loss that was computed on a tape, which is still open.</summary>
    /// <param name="tape">Recorded the loss.</param>
    /// <param name="meanLoss">A scalar.</param>
    /// <param name="share">The part's share of the update: n / N.</param>
    public static double Backward(Tape tape, Tensor meanLoss, double share)
    {
        tape.Backward(meanLoss, meanLoss.Device.Full(meanLoss.Shape, meanLoss.DType, share));
        return meanLoss.Item() * share;
    }
}
