using Nonet.Files;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Recipes.Architectures;

/// <summary>Shape of the encoder-decoder of Vaswani et al. 2017 in a recipe. The defaults are the base model.</summary>
public sealed record TransformerOptions : ModelOptions
{
    /// <summary>Maximum sequence length in tokens. Time and memory grow with it.</summary>
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 2, Most = Most)]
    public int Context { get; init; } = 512;

    /// <summary>Number of layers of the encoder.</summary>
    [Option("Number of layers of the encoder.", Least = 1, Most = Deepest)]
    public int EncoderLayers { get; init; } = 6;

    /// <summary>Number of layers of the decoder.</summary>
    [Option("Number of layers of the decoder.", Least = 1, Most = Deepest)]
    public int DecoderLayers { get; init; } = 6;

    /// <summary>Width of the hidden states; must be a multiple of heads.</summary>
    [Option("Width of the hidden states; must be a multiple of heads.", Least = 2, Most = Most)]
    public int Width { get; init; } = 512;

    /// <summary>Attention heads.</summary>
    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 8;

    /// <summary>Width of queries and keys in a head. Null: width / heads. Row B of table 3.</summary>
    [Option("Width of queries and keys in a head. Null: width / heads. Row B of table 3.", Least = 1, Most = Most)]
    public int? KeyWidth { get; init; }

    /// <summary>Hidden width of the feed-forward layers.</summary>
    [Option("Hidden width of the feed-forward layers.", Least = 1, Most = Most)]
    public int Hidden { get; init; } = 2048;

    /// <summary>Position of the norms: post (after each sublayer, as in the paper; needs a warm-up) or pre.</summary>
    [Option("Position of the norms: post (after each sublayer, as in the paper; needs a warm-up) or pre.")]
    public NormPlacement Norm { get; init; } = NormPlacement.Post;

    /// <summary>Positions: sinusoidal, learned, or none (an ablation).</summary>
    [Option("Positions: sinusoidal, learned, or none (an ablation).")]
    public PositionKind Positions { get; init; } = PositionKind.Sinusoidal;

    /// <summary>Activation function of the feed-forward layers: relu in the paper, silu (swish) in Marian.</summary>
    [Option("Activation function of the feed-forward layers: relu in the paper, silu (swish) in Marian.", Choices = ["relu", "gelu", "silu"])]
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>ε of layer norm.</summary>
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Dropout of embeddings and of the output of each sublayer during training. Section 5.4.</summary>
    [Option("Dropout of embeddings and of the output of each sublayer during training. Section 5.4.", Least = 0, Below = 1)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Dropout of attention weights during training.</summary>
    [Option("Dropout of attention weights during training.", Least = 0, Below = 1)]
    public double AttentionDropout { get; init; }

    /// <summary>
    /// Whether a target token attends only to earlier ones. False is an ablation: the model then sees the tokens that it has to predict.
    /// </summary>
    [Option("Whether a target token attends only to earlier ones. False is an ablation: the model then sees the tokens that it has to predict.")]
    public bool Causal { get; init; } = true;

    /// <summary>Whether the output layer shares the token table. Section 3.4.</summary>
    [Option("Whether the output layer shares the token table. Section 3.4.")]
    public bool Tied { get; init; } = true;

    /// <summary>First id of every target; null: the tokenizer's padding token, or its end token if it has none.</summary>
    [Option("First id of every target; null: the tokenizer's padding token, or its end token if it has none.", Least = 0, Most = Most)]
    public int? StartToken { get; init; }

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Config(vocab, startToken: 0);

    /// <summary>Creates the configuration of the model.</summary>
    /// <param name="vocab">Number of ids of the tokenizer.</param>
    /// <param name="startToken">First id of every target if <see cref="StartToken"/> is null.</param>
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
