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
        using var scope = new TensorScope();
        var y = scope.Keep(block(x, batch, cache));
        x.Dispose();
        return y;
    }

    /// <summary>The same for a block with further inputs that receive gradients. The first input is the hidden state, which is freed.</summary>
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
