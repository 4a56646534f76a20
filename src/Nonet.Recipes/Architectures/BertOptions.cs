using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Recipes.Architectures;

/// <summary>Shape of a BERT in a recipe. The defaults are BERT-base, uncased.</summary>
public sealed record BertOptions : EncoderOptions
{
    /// <summary>ε of layer norm.</summary>
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-12;

    /// <summary>Number of segments: 2 for pairs of texts.</summary>
    [Option("Number of segments: 2 for pairs of texts.", Least = 1, Most = Most)]
    public int Segments { get; init; } = 2;

    /// <summary>What the model predicts: pretraining (masked tokens and next sentences) or masked (masked tokens only).</summary>
    [Option("What the model predicts: pretraining (masked tokens and next sentences) or masked (masked tokens only).", Choices = ["pretraining", "masked"])]
    public ModelHead Head { get; init; } = ModelHead.PreTraining;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) =>
        Fill(new BertConfig { Vocab = Vocab ?? vocab, Epsilon = (float)Epsilon, Segments = Segments, Head = Head });
}

/// <summary>Shape of a RoBERTa in a recipe: a BERT without segments and next sentences.</summary>
public sealed record RobertaOptions : EncoderOptions
{
    /// <summary>ε of layer norm.</summary>
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Id of the padding token. Positions are counted from the following number.</summary>
    [Option("Id of the padding token. Positions are counted from the following number.", Least = 0, Most = Most)]
    public int Padding { get; init; } = 1;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new RobertaConfig { Vocab = Vocab ?? vocab, Epsilon = (float)Epsilon, Padding = Padding });
}

/// <summary>Options that BERT and RoBERTa share.</summary>
public abstract record EncoderOptions : ModelOptions
{
    /// <summary>Maximum sequence length in tokens. Time and memory grow with it.</summary>
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 8, Most = Most)]
    public int Context { get; init; } = 512;

    /// <summary>Number of layers.</summary>
    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 12;

    /// <summary>Width of the hidden states; must be a multiple of heads.</summary>
    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 768;

    /// <summary>Attention heads.</summary>
    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 12;

    /// <summary>Hidden width of the feed-forward layers.</summary>
    [Option("Hidden width of the feed-forward layers.", Least = 1, Most = Most)]
    public int Hidden { get; init; } = 3072;

    /// <summary>Activation function of the feed-forward layers.</summary>
    [Option("Activation function of the feed-forward layers.", Choices = ["gelu", "gelu_tanh", "relu"])]
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Dropout of embeddings and residual branches during training.</summary>
    [Option("Dropout of embeddings and residual branches during training.", Least = 0, Below = 1)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Dropout of attention weights during training.</summary>
    [Option("Dropout of attention weights during training.", Least = 0, Below = 1)]
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>
    /// Whether a token sees only the tokens before it: the left-to-right model of Devlin et al. 2018, section 5.1, for comparison.
    /// </summary>
    [Option("Whether a token sees only the tokens before it: the left-to-right model of Devlin et al. 2018, section 5.1, for comparison.")]
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
