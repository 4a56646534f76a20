using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Models.Layers;

/// <summary>A block of a stack: hidden states (N, Width) → (N, Width).</summary>
delegate Tensor StackBlock(Tensor x, Batch batch, KvCache? cache);

/// <summary>Runs one block of a stack with the memory that the occasion needs.</summary>
static class Depth
{
    /// <summary>
    /// With a tape open, all that the block computes is kept for the backward pass, or, with checkpointing, its input only. Without one, nothing but its
    /// result outlives the block, and its input is handed back, so that memory does not grow with depth.
    /// </summary>
    public static Tensor Run(StackBlock block, Tensor x, Batch batch, KvCache? cache, bool checkpointing)
    {
        if (Tape.IsRecording)
            return checkpointing && cache is null ? Checkpointed(block, x, batch) : block(x, batch, cache);
        using var scope = new TensorScope();
        var y = scope.Keep(block(x, batch, cache));
        x.Dispose();
        return y;
    }

    /// <summary>The same for a block that reads other tensors besides, whose gradients flow through it too: the first of the inputs is its own, and is handed back.</summary>
    public static Tensor Run(Func<Tensor[], Tensor> block, Tensor[] inputs, bool checkpointing)
    {
        if (Tape.IsRecording)
            return checkpointing ? Ops.Checkpoint(block, inputs) : block(inputs);
        using var scope = new TensorScope();
        var y = scope.Keep(block(inputs));
        inputs[0].Dispose();
        return y;
    }

    static Tensor Checkpointed(StackBlock block, Tensor x, Batch batch) =>
        Ops.Checkpoint(h => block(h, batch, null), x);
}
