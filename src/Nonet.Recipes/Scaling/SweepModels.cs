using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Reference;

namespace Nonet.Recipes.Scaling;

/// <summary>A model of a wanted size, with what is counted of it.</summary>
/// <param name="Config">Its shape.</param>
/// <param name="Layers">Depth.</param>
/// <param name="Width">d.</param>
/// <param name="Heads">Of queries.</param>
/// <param name="Parameters">All weights.</param>
/// <param name="NonEmbedding">Without the token table, learned positions and the output.</param>
/// <param name="FlopsPerToken">Forward and backward, attention and output counted: Chowdhery et al. 2022, appendix B.</param>
sealed record SizedModel(ModelConfig Config, int Layers, int Width, int Heads, long Parameters, long NonEmbedding, double FlopsPerToken)
{
    /// <summary>N as a sweep counts it.</summary>
    public long Counted(ParameterCounting counting) => counting == ParameterCounting.All ? Parameters : NonEmbedding;
}

/// <summary>Models of wanted sizes, of the kind of a given one.</summary>
static class SweepModels
{
    /// <summary>Feed-forward layers of LLaMAs are rounded up to multiples of 8 below this width, of 32 from there on: 32 is half a layer of the smallest.</summary>
    const int Wide = 256;

    /// <summary>Throws where no shape can be proposed for a kind of model.</summary>
    public static void CheckKind(ModelConfig model)
    {
        if (model is Qwen3MoeConfig or not (LlamaConfig or GptConfig))
            throw new ArgumentException($"train.model.kind: found {model.Kind}; expected a kind that a sweep knows shapes for: gpt2, gpt3, llama, mistral, qwen2 or qwen3");
    }

    /// <summary>The model whose shape <see cref="ModelShape.For"/> proposes.</summary>
    /// <param name="kind">Everything but layers, width, heads and hidden.</param>
    /// <param name="wanted">Parameters.</param>
    /// <param name="length">Tokens a sequence.</param>
    /// <param name="counting">What the wanted parameters count.</param>
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

    /// <summary>Query heads for each head of keys and values: as many as the kind has, or the next fewer that divide the heads.</summary>
    static int Shared(int heads, int most)
    {
        while (heads % most != 0)
            most--;
        return most;
    }
}
