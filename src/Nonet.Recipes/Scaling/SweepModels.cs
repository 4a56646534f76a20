using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Reference;

namespace Nonet.Recipes.Scaling;

/// <summary>A model of a desired size, and its counts.</summary>
/// <param name="Config">Its shape.</param>
/// <param name="Layers">Number of layers.</param>
/// <param name="Width">d.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="Parameters">Number of all weights.</param>
/// <param name="NonEmbedding">Number of weights without the token table, learned positions and output.</param>
/// <param name="FlopsPerToken">FLOPs of forward and backward pass, including attention and output: Chowdhery et al. 2022, appendix B.</param>
sealed record SizedModel(ModelConfig Config, int Layers, int Width, int Heads, long Parameters, long NonEmbedding, double FlopsPerToken)
{
    /// <summary>N, as the sweep counts parameters.</summary>
    public long Counted(ParameterCounting counting) => counting == ParameterCounting.All ? Parameters : NonEmbedding;
}

/// <summary>Models of desired sizes, of the kind of a given model.</summary>
static class SweepModels
{
    /// <summary>
    /// Feed-forward widths of LLaMAs are rounded up to multiples of 8 below this width and of 32 from it on: 32 is half of the smallest
    /// layer.
    /// </summary>
    const int Wide = 256;

    /// <summary>Throws if no shape can be proposed for a kind of model.</summary>
    public static void CheckKind(ModelConfig model)
    {
        if (model is Qwen3MoeConfig or not (LlamaConfig or GptConfig))
            throw new ArgumentException(
                $"train.model.kind: found {model.Kind}; expected a kind that a sweep knows shapes for: gpt2, gpt3, llama, mistral, qwen2 or qwen3");
    }

    /// <summary>The model whose shape <see cref="ModelShape.For"/> proposes.</summary>
    /// <param name="kind">All settings except layers, width, heads and hidden.</param>
    /// <param name="wanted">Desired number of parameters.</param>
    /// <param name="length">Tokens per sequence.</param>
    /// <param name="counting">Which parameters count.</param>
    public static SizedModel Of(ModelConfig kind, double wanted, int length, ParameterCounting counting)
    {
        CheckKind(kind);
        var tied = kind is LlamaConfig { Tied: true } or GptConfig { Tied: true };
        var rows = (tied ? 1 : 2) * kind.Vocab + (kind is GptConfig gpt ? gpt.Context : 0); // of Width numbers each
        var shape = ModelShape.For(wanted, rows, counting);
        var config = kind switch
        {
            LlamaConfig llama => llama with
            {
                Layers = shape.Layers,
                Width = shape.Width,
                Heads = shape.Heads,
                KvHeads = shape.Heads / Shared(shape.Heads, Math.Max(1, llama.Heads / llama.KvHeads)),
                HeadWidth = null,
                Hidden = LlamaConfig.HiddenFor(shape.Width, multipleOf: shape.Width < Wide ? 8 : 32),
            },
            _ => (ModelConfig)((GptConfig)kind with { Layers = shape.Layers, Width = shape.Width, Heads = shape.Heads, Hidden = null }),
        };
        config.Check();
        using var store = new ParameterStore(ReferenceDevice.Shared); // never filled
        var model = (ICausalModel)config.Create(store.Root);
        return new SizedModel(config, shape.Layers, shape.Width, shape.Heads, store.Count, model.NonEmbeddingCount(), Pretrain.FlopsPerToken(model, length));
    }

    /// <summary>Query heads per key and value head: as many as the kind has, or the next smaller number that divides the heads.</summary>
    static int Shared(int heads, int most)
    {
        while (heads % most != 0)
            most--;
        return most;
    }
}
