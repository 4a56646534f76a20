using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a decoder without an output layer, as embedding models are stored: LlamaModel, Qwen3Model.</summary>
public sealed record DecoderTrunkConfig : ModelConfig
{
    /// <summary>The decoder.</summary>
    public required ModelConfig Trunk { get; init => field = value with { PredictsTokens = false }; }

    /// <inheritdoc/>
    public override string Family => Trunk.Family;

    /// <inheritdoc/>
    public override string Kind => Trunk.Kind;

    /// <inheritdoc/>
    public override int MaxLength => Trunk.MaxLength;

    /// <inheritdoc/>
    public override int StateWidth => Trunk.StateWidth;

    /// <inheritdoc/>
    public override string Outline => Trunk.Outline;

    /// <inheritdoc/>
    public override KeptActivations? Kept => Trunk.Kept;

    /// <inheritdoc/>
    public override ModelConfig WithTask(TaskHead task) => Trunk.WithTask(task);

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => Trunk.Create(p) is ICausalModel trunk ? new DecoderTrunk(trunk, this)
        : throw new ArgumentException($"the trunk is a {Trunk.Family}, which is not a decoder", nameof(p));

    /// <inheritdoc/>
    public override void Check() => Trunk.Check();
}

/// <summary>A decoder up to its last norm. Vectors of texts are made from its hidden states.</summary>
public sealed class DecoderTrunk : ITaskModel
{
    readonly ICausalModel trunk;

    /// <param name="trunk">The decoder. Its output layer, if it has one, is not used.</param>
    /// <param name="shape">Its shape.</param>
    public DecoderTrunk(ICausalModel trunk, ModelConfig shape) => (this.trunk, Shape) = (trunk, shape);

    /// <inheritdoc/>
    public ModelConfig Shape { get; }

    /// <inheritdoc/>
    public ModelHead Head => ModelHead.None;

    /// <inheritdoc/>
    public int? Segments => null;

    /// <inheritdoc/>
    public ParameterStore Parameters => trunk.Parameters;

    /// <inheritdoc/>
    public int Vocab => trunk.Vocab;

    /// <inheritdoc/>
    public int Context => trunk.Context;

    /// <inheritdoc/>
    public bool Checkpointing
    {
        get => trunk.Checkpointing;
        set => trunk.Checkpointing = value;
    }

    /// <inheritdoc/>
    public Tensor Forward(Batch batch, Indices? segments = null) => trunk.Forward(batch);

    /// <inheritdoc/>
    public Tensor Task(Tensor hidden, Batch batch) => throw new NotSupportedException($"found a {Shape.Family} without the output layer of a task");
}
