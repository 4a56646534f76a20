using Nonet.Files;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Recipes.Architectures;

/// <summary>The encoder-decoder of Vaswani et al. 2017; the defaults are its base model.</summary>
public sealed record TransformerOptions : ModelOptions
{
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 2, Most = Most)]
    public int Context { get; init; } = 512;

    [Option("Number of encoder layers.", Least = 1, Most = Deepest)]
    public int EncoderLayers { get; init; } = 6;

    [Option("Number of decoder layers.", Least = 1, Most = Deepest)]
    public int DecoderLayers { get; init; } = 6;

    [Option("Width of the hidden states; must be a multiple of heads.", Least = 2, Most = Most)]
    public int Width { get; init; } = 512;

    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 8;

    [Option("Width of queries and keys in a head. Null: width / heads. Row B of table 3.", Least = 1, Most = Most)]
    public int? KeyWidth { get; init; }

    [Option("Hidden width of the feed-forward layers.", Least = 1, Most = Most)]
    public int Hidden { get; init; } = 2048;

    [Option("Position of the norms: post (after each sublayer, as in the paper; needs a warm-up) or pre.")]
    public NormPlacement Norm { get; init; } = NormPlacement.Post;

    [Option("Positions: sinusoidal, learned, or none (an ablation).")]
    public PositionKind Positions { get; init; } = PositionKind.Sinusoidal;

    [Option("Activation function of the feed-forward layers: relu in the paper, silu (swish) in Marian.", Choices = ["relu", "gelu", "silu"])]
    public Activation Activation { get; init; } = Activation.Relu;

    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    [Option("Dropout of embeddings and of the output of each sublayer during training. Section 5.4.", Least = 0, Below = 1)]
    public double Dropout { get; init; } = 0.1;

    [Option("Dropout of attention weights during training.", Least = 0, Below = 1)]
    public double AttentionDropout { get; init; }

    [Option("Whether a target token attends only to earlier ones. False is an ablation: the model then sees the tokens that it has to predict.")]
    public bool Causal { get; init; } = true;

    [Option("Whether the output layer shares the token table. Section 3.4.")]
    public bool Tied { get; init; } = true;

    [Option("The id that begins every target. Null: the tokenizer's padding token, or its end token if it has none.", Least = 0, Most = Most)]
    public int? StartToken { get; init; }

    public override ModelConfig Config(int vocab) => Config(vocab, startToken: 0);

    /// <summary>The configuration of the model.</summary>
    /// <param name="vocab">Ids of the tokenizer.</param>
    /// <param name="startToken">The tokenizer's id that targets begin with, where <see cref="StartToken"/> is null.</param>
    public TransformerConfig Config(int vocab, int startToken) => new()
    {
        Vocab = Vocab ?? vocab,
        Context = Context,
        EncoderLayers = EncoderLayers,
        DecoderLayers = DecoderLayers,
        Width = Width,
        EncoderHeads = Heads,
        DecoderHeads = Heads,
        KeyWidth = KeyWidth,
        EncoderHidden = Hidden,
        DecoderHidden = Hidden,
        Norm = Norm,
        Positions = Positions,
        Activation = Activation,
        Epsilon = (float)Epsilon,
        Dropout = (float)Dropout,
        AttentionDropout = (float)AttentionDropout,
        Causal = Causal,
        Tied = Tied,
        StartToken = StartToken ?? startToken,
    };
}
