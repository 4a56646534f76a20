using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Recipes.Architectures;

/// <summary>A BERT; the defaults are BERT-base, uncased.</summary>
public sealed record BertOptions : EncoderOptions
{
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-12;

    [Option("Kinds of text that a token may belong to.", Least = 1, Most = Most)]
    public int Segments { get; init; } = 2;

    [Option("What is predicted: pretraining (masked tokens and next sentences) or masked (masked tokens alone).", Choices = ["pretraining", "masked"])]
    public ModelHead Head { get; init; } = ModelHead.PreTraining;

    public override ModelConfig Config(int vocab) => Fill(new BertConfig { Vocab = Vocab ?? vocab, Epsilon = (float)Epsilon, Segments = Segments, Head = Head });
}

/// <summary>A RoBERTa: a BERT without segments and next sentences.</summary>
public sealed record RobertaOptions : EncoderOptions
{
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    [Option("The padding id; positions are counted from the one after it.", Least = 0, Most = Most)]
    public int Padding { get; init; } = 1;

    public override ModelConfig Config(int vocab) => Fill(new RobertaConfig { Vocab = Vocab ?? vocab, Epsilon = (float)Epsilon, Padding = Padding });
}

/// <summary>What BERT and RoBERTa have in common.</summary>
public abstract record EncoderOptions : ModelOptions
{
    [Option("Longest sequence, in tokens; time and memory grow with it.", Least = 8, Most = Most)]
    public int Context { get; init; } = 512;

    [Option("Depth.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 12;

    [Option("Width of the hidden states; a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 768;

    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 12;

    [Option("Width of the feed-forward layers.", Least = 1, Most = Most)]
    public int Hidden { get; init; } = 3072;

    [Option("f of the feed-forward layers.", Choices = ["gelu", "gelu_tanh", "relu"])]
    public Activation Activation { get; init; } = Activation.Gelu;

    [Option("Dropout of embeddings and residual branches while training.", Least = 0, Below = 1)]
    public double Dropout { get; init; } = 0.1;

    [Option("Dropout of attention weights while training.", Least = 0, Below = 1)]
    public double AttentionDropout { get; init; } = 0.1;

    [Option("Whether a token sees those before it alone: the left-to-right model of Devlin et al. 2018, section 5.1, for comparison.")]
    public bool Causal { get; init; }

    private protected T Fill<T>(T config) where T : BertConfig => config with
    {
        Context = Context,
        Layers = Layers,
        Width = Width,
        Heads = Heads,
        Hidden = Hidden,
        Activation = Activation,
        Dropout = (float)Dropout,
        AttentionDropout = (float)AttentionDropout,
        Causal = Causal,
    };
}
