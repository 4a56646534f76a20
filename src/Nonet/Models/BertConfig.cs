using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>What stands on top of the blocks.</summary>
public enum BertHead
{
    /// <summary>A layer over the first token: BertModel.</summary>
    Pooler,

    /// <summary>The prediction of masked tokens: BertForMaskedLM.</summary>
    Masked,

    /// <summary>Both, and the prediction of whether the second text follows the first: BertForPreTraining.</summary>
    PreTraining,
}

/// <summary>Shape of a BERT: Devlin et al. 2018, section 3. The defaults are BERT-base, uncased.</summary>
public record BertConfig : ModelConfig
{
    /// <summary>Longest sequence: rows of the learned position table.</summary>
    public int Context { get; init; } = 512;

    public int Layers { get; init; } = 12;
    public int Width { get; init; } = 768;

    /// <summary>Attention heads, each Width / Heads wide.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the feed-forward layer.</summary>
    public int Hidden { get; init; } = 3072;

    /// <summary>Kinds of text that a token may belong to.</summary>
    public int Segments { get; init; } = 2;

    /// <summary>ε of layer norm.</summary>
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>f of the feed-forward layers and of the masked-token head.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Dropout of embeddings and residual branches while training.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>Dropout of attention weights while training.</summary>
    public float AttentionDropout { get; init; } = 0.1f;

    public BertHead Head { get; init; } = BertHead.PreTraining;

    public override string Family => "bert";
    public override int MaxLength => Context;
    public override string Outline => $"{Layers} layers, {Width} wide, {Heads} heads of {Width / Heads}, {Hidden} wide in between";
    public override ILanguageModel Create(ParameterPath p) => new Bert(this, p);

    /// <summary>Rows of the position table before the one of a sequence's first token.</summary>
    internal virtual int FirstPosition => 0;

    public override void Check()
    {
        var rules = new ConfigRules(GetType().Name);
        rules.AtLeastOne(nameof(Vocab), Vocab);
        rules.AtLeastOne(nameof(Context), Context);
        rules.AtLeastOne(nameof(Layers), Layers);
        rules.AtLeastOne(nameof(Width), Width);
        rules.AtLeastOne(nameof(Heads), Heads);
        rules.AtLeastOne(nameof(Hidden), Hidden);
        rules.AtLeastOne(nameof(Segments), Segments);
        rules.Divides(nameof(Width), Width, nameof(Heads), Heads);
        rules.Positive(nameof(Epsilon), Epsilon);
        rules.Share(nameof(Dropout), Dropout);
        rules.Share(nameof(AttentionDropout), AttentionDropout);
        if (!Enum.IsDefined(Head))
            throw rules.Wrong(nameof(Head), Head, "Pooler, Masked or PreTraining");
    }
}

/// <summary>Shape of a RoBERTa: BERT without segments and next sentences, positions counted from <see cref="Padding"/> + 1. Liu et al. 2019.</summary>
public sealed record RobertaConfig : BertConfig
{
    public RobertaConfig() => (Segments, Head, Epsilon) = (1, BertHead.Masked, 1e-5f);

    /// <summary>The padding id; the table's rows up to it belong to padding.</summary>
    public int Padding { get; init; } = 1;

    public override string Family => "roberta";
    internal override int FirstPosition => Padding + 1;

    public override void Check()
    {
        base.Check();
        if (Padding < 0)
            throw new ConfigRules(nameof(RobertaConfig)).Wrong(nameof(Padding), Padding, "at least 0");
        if (Head == BertHead.PreTraining)
            throw new ConfigRules(nameof(RobertaConfig)).Wrong(nameof(Head), Head, "Pooler or Masked: RoBERTa predicts no next sentences");
    }
}
