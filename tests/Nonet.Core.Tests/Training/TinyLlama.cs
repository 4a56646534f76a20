using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Tests.Training;

/// <summary>A LLaMA of some thousand weights over bytes, filled for training.</summary>
sealed class TinyLlama : IDisposable
{
    public static readonly LlamaConfig Config = new() { Vocab = 257, Context = 16, Layers = 2, Width = 16, Heads = 2, KvHeads = 1, Hidden = 32, Tied = true };

    public TinyLlama(int threads = 2, IWeightSource? source = null)
    {
        Device = new CpuDevice(new CpuOptions { Threads = threads });
        Parameters = new ParameterStore(Device);
        Model = new Llama(Config, Parameters.Root);
        Parameters.FillForTraining(3, source);
    }

    public CpuDevice Device { get; }
    public ParameterStore Parameters { get; }
    public Llama Model { get; }

    /// <summary>Reproducible ids.</summary>
    public static int[] Ids(int count, uint site = 0) =>
        [.. Enumerable.Range(0, count).Select(i => Philox.Below(new RandomKey(9, 0, site), (ulong)i, Config.Vocab))];

    /// <summary>A token file of a pattern that can be learnt.</summary>
    public static TokenFile Text(string path, int repeats)
    {
        TokenFile.Write(path, new ByteTokenizer(),
            [new Document("test", 0, string.Concat(Enumerable.Repeat("A causal model never sees the future. ", repeats)))]);
        return TokenFile.Open(path);
    }

    public void Dispose()
    {
        Parameters.Dispose();
        Device.Dispose();
    }
}
