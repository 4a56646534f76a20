using Nonet.Tensors;

namespace Nonet.Models.Encoders;

/// <summary>Shape of a BERT model: Devlin et al. 2018, section 3. The defaults are BERT-base, uncased.</summary>
public record BertConfig : ModelConfig
{
    /// <summary>Longest sequence, in tokens: rows of the learned position table.</summary>
    public int Context { get; init; } = 512;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Features of a hidden state: d_model.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Attention heads, each of width Width / Heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the feed-forward layer.</summary>
    public int Hidden { get; init; } = 3072;

    /// <summary>Number of segments: 2 for pairs of texts.</summary>
    public int Segments { get; init; } = 2;

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>f of the feed-forward layers and of the masked-token head.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Dropout of embeddings and residual branches during training.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>Dropout of attention weights during training.</summary>
    public float AttentionDropout { get; init; } = 0.1f;

    /// <summary>Dropout before a task's output layer during training; null: <see cref="Dropout"/>.</summary>
    public float? ClassifierDropout { get; init; }

    /// <summary>Layers on top of the blocks.</summary>
    public ModelHead Head { get; init; } = ModelHead.PreTraining;

    /// <summary>Whether the head for masked tokens shares its weights with the token table.</summary>
    public bool Tied { get; init; } = true;

    /// <summary>
    /// Whether a token sees only the tokens before it: the left-to-right model of section 5.1, for comparison. In transformers: is_decoder.
    /// </summary>
    public bool Causal { get; init; }

    /// <summary>Names of the labels of sequence and token classification, one per output. Lists of equal names are equal.</summary>
    public IReadOnlyList<string> Labels { get; init => field = new LabelNames(value); } = new LabelNames([]);

    /// <summary>Meaning of the logits of a sequence classification.</summary>
    public LabelProblem Problem { get; init; }

    /// <inheritdoc/>
    public override string Family => "bert";

    /// <inheritdoc/>
    public override int MaxLength => Context;

    /// <inheritdoc/>
    public override int StateWidth => Width;

    /// <inheritdoc/>
    public override string Outline => $"{Count(Layers, "layer")}, {Width} wide, {Count(Heads, "head")} of {Width / Heads}, feed-forward width {Hidden}";

    /// <inheritdoc/>
    public override ModelConfig? Untied() => Tied && HasMasked ? this with { Tied = false } : null;

    /// <inheritdoc/>
    public override ILanguageModel Create(ParameterPath p) => new Bert(this, p);

    /// <summary>
    /// Two norms, two residuals, queries, keys, values, the attention's result and the hidden layer: 8 · Width + Hidden. The remaining 2 · Width +
    /// Hidden stand for buffers that batches of unequal length leave in the pool. With them, the forecast is 2 to 5 % below the measured memory of a
    /// run of 14 M weights.
    /// </summary>
    public override KeptActivations? Kept => new(Layers, Width, 10L * Width + 2L * Hidden);

    /// <inheritdoc/>
    public override TaskHead? Task => Head >= ModelHead.SequenceClassification ? new TaskHead { Kind = Head, Labels = Labels, Problem = Problem } : null;

    /// <inheritdoc/>
    public override ModelConfig WithTask(TaskHead task) => this with { Head = task.Kind, Labels = task.Labels, Problem = task.Problem };

    /// <summary>Whether there is a pooling layer over the first token.</summary>
    internal virtual bool HasPooler =>
        Head is ModelHead.Pooler or ModelHead.PreTraining or ModelHead.NextSentence or ModelHead.SequenceClassification or ModelHead.MultipleChoice;

    internal bool HasMasked => Head is ModelHead.Masked or ModelHead.PreTraining;
    internal bool HasNextSentence => Head is ModelHead.PreTraining or ModelHead.NextSentence;

    /// <summary>Whether another model has the same output layer, so that its weights fit here and have the same meaning.</summary>
    internal bool HasHeadOf(BertConfig other) => Head == other.Head && (!HasLabels || (Problem == other.Problem && Labels.SequenceEqual(other.Labels)));

    internal bool HasLabels => Head is ModelHead.SequenceClassification or ModelHead.TokenClassification;

    /// <summary>Initial values of the weights.</summary>
    internal virtual Initialization Start => Initialization.TruncatedNormal(Bert.Deviation);

    /// <summary>Row of the position table for the first token of a sequence.</summary>
    internal virtual int FirstPosition => 0;

    /// <inheritdoc/>
    public override void Check()
    {
        var rules = new ConfigRules(GetType().Name);
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.AtLeastOne(nameof(Context), Context);
        rules.Layers(nameof(Layers), Layers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(Heads), Heads);
        rules.AtLeastOne(nameof(Hidden), Hidden);
        rules.AtLeastOne(nameof(Segments), Segments);
        rules.Divides(nameof(Width), Width, nameof(Heads), Heads);
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Share(nameof(Dropout), Dropout);
        rules.Share(nameof(AttentionDropout), AttentionDropout);
        if (ClassifierDropout is { } dropout)
            rules.Share(nameof(ClassifierDropout), dropout);
        if (Head == ModelHead.None || !Enum.IsDefined(Head))
            throw rules.Wrong(nameof(Head), Head, string.Join(", ", Enum.GetValues<ModelHead>().Where(h => h != ModelHead.None)));
        Task?.Check(rules);
    }
}

/// <summary>
/// Shape of a RoBERTa model: BERT without segments and next sentences, with positions counted from <see cref="Padding"/> + 1. Liu et al.
/// 2019.
/// </summary>
public sealed record RobertaConfig : BertConfig
{
    /// <summary>RoBERTa's defaults: one segment, a head for masked tokens, ε = 1e-5.</summary>
    public RobertaConfig() => (Segments, Head, Epsilon) = (1, ModelHead.Masked, 1e-5f);

    /// <summary>Id of the padding token. The rows of the position table up to this number belong to padding.</summary>
    public int Padding { get; init; } = 1;

    /// <inheritdoc/>
    public override string Family => "roberta";
    internal override int FirstPosition => Padding + 1;
    internal override bool HasPooler => Head is ModelHead.Pooler or ModelHead.MultipleChoice;
    internal override Initialization Start => Initialization.Normal(Bert.Deviation);

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        if (Padding < 0)
            throw new ConfigRules(nameof(RobertaConfig)).Wrong(nameof(Padding), Padding, "at least 0");
        if (HasNextSentence)
            throw new ConfigRules(nameof(RobertaConfig)).Wrong(nameof(Head), Head, "a head without next sentence prediction, which RoBERTa does not have");
    }
}
