using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>
/// The layers of LLaMA and its descendants around the blocks: the token table, the last RMS norm, and the output projection, which may share the
/// table.
/// </summary>
sealed class LlamaStack
{
    readonly ICausalModel model;
    readonly Embedding tokens;
    readonly StackBlock[] blocks;
    readonly RmsNorm norm;
    readonly Linear? output;

    /// <param name="model">The model that this is a part of.</param>
    /// <param name="config">Its shape.</param>
    /// <param name="p">Its path.</param>
    /// <param name="block">Creates a block from the rotary positions that all blocks share, its path and its number.</param>
    public LlamaStack(ICausalModel model, LlamaConfig config, ParameterPath p, Func<RotaryPositions, ParameterPath, int, StackBlock> block)
    {
        config.Check();
        this.model = model;
        var rotary = new RotaryPositions(p.Store.Device, config.MaxLength, config.RotaryWidth, config.RopeBase, config.RopeLayout, config.RopeScaling);
        tokens = new Embedding(p / "tokens", config.Vocab, config.Width, Llama.Deviation) { Projects = config.Tied && config.PredictsTokens };
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => block(rotary, p / "blocks" / i, i))];
        norm = new RmsNorm(p / "norm", config.Width, config.Epsilon);
        output = config.Tied || !config.PredictsTokens ? null
            : new Linear(p / "output", config.Width, config.Vocab, bias: false, Llama.Deviation, ParameterRole.Head);
    }

    /// <summary>Rows of the table for the batch's tokens.</summary>
    public Tensor Embed(Batch batch, KvCache? cache)
    {
        batch.CheckFor(model, cache);
        return tokens.Forward(batch);
    }

    /// <summary>The blocks and the last norm.</summary>
    public Tensor Forward(Tensor x, Batch batch, KvCache? cache)
    {
        foreach (var block in blocks)
            x = Depth.Run(block, x, batch, cache, model.Checkpointing);
        return norm.Forward(x);
    }

    public Tensor Output(Tensor hidden) => output is null ? tokens.Project(hidden) : output.Forward(hidden);
}
