using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.ToolUse.Tests;

/// <summary>A decoder whose logits are a function of the tokens before. The tokens are read back from the blocks of the KV cache.</summary>
sealed class LogitsModel(int vocab, Func<int[], float[]> logitsAfter) : ICausalModel
{
    static readonly CpuDevice cpu = new(new CpuOptions { Threads = 1 });

    public ParameterStore Parameters { get; } = new(cpu);
    public int Vocab => vocab;
    public int Context { get; init; } = 1024;
    public bool Checkpointing { get; set; }
    public int Layers => 1;
    public int KvHeads => 1;
    public int HeadWidth => 1;
    public int AttentionWidth => 1;

    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        var ids = cpu.From(new Shape(batch.Tokens, 1), Array.ConvertAll(batch.Ids.Values.ToArray(), id => (float)id));
        cache!.Write(0, ids, ids, batch.Slots!);
        var logits = new float[batch.Tokens * Vocab];
        var (starts, table) = (batch.Starts.Values.ToArray(), batch.Layout.BlockTable!);
        for (var s = 0; s < batch.Sequences; s++)
        {
            for (var row = starts[s]; row < starts[s + 1]; row++)
            {
                var before = new int[batch.Positions.Values[row] + 1];
                for (var j = 0; j < before.Length; j++)
                    before[j] = (int)cache.Keys(0)
                        .Value(((long)table.Values[s * table.Shape[1] + j / KvCache.BlockSize] * KvCache.BlockSize) + (j % KvCache.BlockSize));
                logitsAfter(before).CopyTo(logits, row * Vocab);
            }
        }
        return cpu.From(new Shape(batch.Tokens, Vocab), logits);
    }

    public Tensor Output(Tensor hidden) => hidden;
}
