using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

/// <summary>A model that calls back at the beginning of each pass, on the thread that computes it.</summary>
sealed class ObservedModel(ICausalModel model, Action<Batch> onForward) : ICausalModel
{
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
        onForward(batch);
        return model.Forward(batch, cache);
    }

    public Tensor Output(Tensor hidden) => model.Output(hidden);
}
