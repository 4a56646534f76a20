using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Decoders;

/// <summary>Shape of a decoder with a task's output layer in place of the output layer over its vocabulary.</summary>
public sealed record TaskDecoderConfig : ModelConfig
{
    /// <summary>The decoder.</summary>
    public required ModelConfig Trunk { get; init => field = value with { PredictsTokens = false }; }

    /// <summary>The task's output layer.</summary>
    public required TaskHead Head { get; init; }

    /// <summary>Dropout before the output layer of token classification while training.</summary>
    public float Dropout { get; init; } = 0.1f;

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
    public override TaskHead? Task => Head;

    /// <inheritdoc/>
    public override ModelConfig WithTask(TaskHead task) => this with { Head = task };

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new TaskDecoder(this, p);

    /// <inheritdoc/>
    public override void Check()
    {
        Trunk.Check();
        var rules = new ConfigRules(nameof(TaskDecoderConfig));
        Head.Check(rules);
        rules.Share(nameof(Dropout), Dropout);
    }
}

/// <summary>
/// A decoder with a task's output layer. Labels, numbers and choices are read from the last token of a text, which has seen all others; tags and
/// answers are read from every token. Radford et al. 2018, section 3.3, without its extract token.
/// </summary>
public sealed class TaskDecoder : ITaskModel
{
    const double Deviation = 0.02;

    readonly ICausalModel trunk;
    readonly Linear classifier;
    readonly DropoutSite dropout;

    /// <summary>Declares the trunk's parameters, and the output layer's under "classifier".</summary>
    public TaskDecoder(TaskDecoderConfig config, ParameterPath p)
    {
        config.Check();
        Config = config;
        trunk = config.Trunk.Create(p) as ICausalModel
            ?? throw new ArgumentException($"the trunk is a {config.Trunk.Family}, which is not a decoder", nameof(config));
        classifier = new Linear(p / "classifier", config.StateWidth, config.Head.Outputs, bias: config.Head.IsByToken, Deviation, ParameterRole.Head);
        dropout = new DropoutSite(p / "classifier", config.Head.Kind == ModelHead.TokenClassification ? config.Dropout : 0);
    }

    /// <summary>Configuration that the model was created from.</summary>
    public TaskDecoderConfig Config { get; }

    /// <inheritdoc/>
    public ModelConfig Shape => Config;

    /// <inheritdoc/>
    public ModelHead Head => Config.Head.Kind;

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
    public Tensor Task(Tensor hidden, Batch batch) => classifier.Forward(dropout.Forward(Config.Head.IsByToken ? hidden : Last(hidden, batch), batch));

    /// <summary>
    /// The output layer on any hidden states (R, Width), without dropout. With one output, trained as a critic, it gives the value before each token.
    /// </summary>
    public Tensor Outputs(Tensor hidden) => classifier.Forward(hidden);

    /// <summary>The hidden states of the sequences' last tokens, (S, Width).</summary>
    Tensor Last(Tensor hidden, Batch batch)
    {
        var starts = batch.Starts.Values;
        var last = new int[starts.Length - 1];
        for (var s = 0; s < last.Length; s++)
            last[s] = starts[s + 1] - 1;
        return Ops.Embedding(hidden, Parameters.Device.From(last));
    }
}
