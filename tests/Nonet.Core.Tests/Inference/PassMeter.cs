using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Inference;

/// <summary>A model that notes its passes, and what the thread had allocated before each.</summary>
/// <param name="model">What computes.</param>
/// <param name="before">Called at the beginning of each pass. It may hold the engine up until a test is ready.</param>
sealed class PassMeter(ICausalModel model, Action? before = null) : ICausalModel
{
    /// <summary>The passes so far. Has room for many, so that noting one allocates nothing.</summary>
    public List<(int Sequences, int Tokens, int Thread, long Bytes)> Passes { get; } = new(10_000);

    public ParameterStore Parameters => model.Parameters;
    public int Vocab => model.Vocab;
    public int Context => model.Context;
    public int Layers => model.Layers;
    public int KvHeads => model.KvHeads;
    public int HeadWidth => model.HeadWidth;
    public int AttentionWidth => model.AttentionWidth;

    public bool Checkpointing
    {
        get => model.Checkpointing;
        set => model.Checkpointing = value;
    }

    public Tensor Forward(Batch batch, KvCache? cache = null)
    {
        before?.Invoke();
        Passes.Add((batch.Sequences, batch.Tokens, Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread()));
        return model.Forward(batch, cache);
    }

    public Tensor Output(Tensor hidden) => model.Output(hidden);
}
