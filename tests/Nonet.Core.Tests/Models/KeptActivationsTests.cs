using Nonet.Checkpoints.Adapters;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Tensors.Cpu;

namespace Nonet.Tests.Models;

/// <summary>What the forecast of memory counts for each block and token, against the buffers that a tape holds after a forward pass.</summary>
public class KeptActivationsTests
{
    const int Tokens = 512, Rank = 8;

    static readonly GptConfig Gpt = new() { Vocab = 64, Context = Tokens, Width = 64, Heads = 4 };
    static readonly LlamaConfig Llama = new() { Vocab = 64, Context = Tokens, Width = 64, Heads = 4, KvHeads = 2, HeadWidth = 16, Hidden = 160 };
    static readonly BertConfig Bert = new() { Vocab = 64, Context = Tokens, Width = 64, Heads = 4, Hidden = 256, Dropout = 0, AttentionDropout = 0 };

    static ModelConfig Config(string kind, int layers) => kind switch
    {
        "gpt" => Gpt with { Layers = layers },
        "gpt with dropout" => Gpt with { Layers = layers, Dropout = 0.1f },
        "llama" => Llama with { Layers = layers },
        "bert" => Bert with { Layers = layers },
        _ => Bert with { Layers = layers, Dropout = 0.1f, AttentionDropout = 0.1f },
    };

    [Theory]
    [InlineData("gpt"), InlineData("gpt with dropout"), InlineData("llama"), InlineData("bert"), InlineData("bert with dropout")]
    public void A_block_keeps_what_the_forecast_counts(string kind)
    {
        foreach (var (adapters, dropout) in new[] { (0, 0), (1, 0), (1, 0.1) })
        {
            var counted = Config(kind, 2).Kept!.Value.Block + adapters * Rank * (kind == "llama" ? 7 : 6);
            var kept = (Bytes(kind, 4, adapters > 0, dropout) - Bytes(kind, 2, adapters > 0, dropout)) / (2.0 * Tokens * sizeof(float));
            if (kind.StartsWith("bert", StringComparison.Ordinal))
                counted -= 2 * Bert.Width + Bert.Hidden; // for batches of unequal length
            Assert.True(kept >= counted && kept < 1.03 * counted, $"adapters {adapters}, their dropout {dropout}: {kept} numbers kept, {counted} counted");
        }
    }

    static long Bytes(string kind, int layers, bool adapts, double dropout)
    {
        var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var model = Config(kind, layers).Create(store.Root);
        var adapter = adapts ? PeftAdapter.Attach(model, Rank, Rank, ["matrix"], dropout: dropout) : null;
        store.FillForTraining(1);
        adapter?.UseDropout(new RandomKey(1, 2, 3));
        device.Pool.Trim();
        var before = device.Pool.AllocatedBytes;
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = Batch.Of(device, new int[Tokens]).With(new RandomKey(1, 2, 3));
        _ = model is Bert bert ? bert.Forward(batch) : ((ICausalModel)model).Forward(batch);
        device.Pool.Trim();
        return device.Pool.AllocatedBytes - before;
    }
}
