using Nonet.Models.Losses;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.Layers;

/// <summary>A block of a stack: hidden states (N, Width) → (N, Width).</summary>
delegate Tensor StackBlock(Tensor x, Batch batch, KvCache? cache);

/// <summary>Runs the blocks of a stack and frees memory between them.</summary>
static class Depth
{
    /// <summary>
    /// Runs one block. With an open tape, the block's intermediate results are kept for the backward pass or, with checkpointing, only its
    /// input. Without a tape, only the result outlives the block, and its input is freed, so that memory does not grow with depth.
    /// </summary>
    public static Tensor Run(StackBlock block, Tensor x, Batch batch, KvCache? cache, bool checkpointing)
    {
        if (Tape.IsRecording)
            return checkpointing && cache is null ? Checkpointed(block, x, batch) : block(x, batch, cache);
        using var scope = TensorScope.Inner();
        var y = scope.Keep(block(x, batch, cache));
        x.Dispose();
        return y;
    }

    /// <summary>The same for a block with further inputs that receive gradients. The first input is the hidden state, which is freed.</summary>
    public static Tensor Run(Func<Tensor[], Tensor> block, Tensor[] inputs, bool checkpointing)
    {
        if (Tape.IsRecording)
            return checkpointing ? Ops.Checkpoint(block, inputs) : block(inputs);
        using var scope = TensorScope.Inner();
        var y = scope.Keep(block(inputs));
        inputs[0].Dispose();
        return y;
    }

    /// <summary>
    /// If a router's probabilities are collected, they leave the block together with its result in one tensor, so that the backward pass recomputes
    /// both.
    /// </summary>
    static Tensor Checkpointed(StackBlock block, Tensor x, Batch batch)
    {
        if (batch.Routers is not { } routers)
            return Ops.Checkpoint(h => block(h, batch, null), x);
        var packed = Ops.Checkpoint(h =>
        {
            var own = new RouterProbabilities();
            var y = block(h, batch.With(own), null);
            return own.Layers is [var probabilities] ? Ops.Concat(0, Flat(y), Flat(probabilities)) : y;
        }, x);
        if (packed.Shape == x.Shape)
            return packed; // a block without experts
        var size = checked((int)x.Elements);
        var parts = Ops.Split(packed, 0, size, packed.Shape[0] - size);
        routers.Add(Ops.Reshape(parts[1], new Shape(x.Shape[0], parts[1].Shape[0] / x.Shape[0])));
        return Ops.Reshape(parts[0], x.Shape);
    }

    static Tensor Flat(Tensor x) => Ops.Reshape(x, new Shape(checked((int)x.Elements)));
}
