using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>Shape of a GPT-2 in a recipe. The defaults are the smallest GPT-2.</summary>
public record GptOptions : ModelOptions
{
    /// <summary>Maximum sequence length in tokens. Time and memory grow with it.</summary>
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 1024;

    /// <summary>Number of layers.</summary>
    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 12;

    /// <summary>Width of the hidden states; must be a multiple of heads.</summary>
    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 768;

    /// <summary>Attention heads.</summary>
    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 12;

    /// <summary>Hidden width of the feed-forward layers. Null: 4 · width.</summary>
    [Option("Hidden width of the feed-forward layers. Null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    /// <summary>ε of layer norm.</summary>
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Dropout of embeddings, attention weights and residual branches during training.</summary>
    [Option("Dropout of embeddings, attention weights and residual branches during training.", Least = 0, Below = 1)]
    public double Dropout { get; init; }

    /// <summary>Whether the output projection shares its weights with the token table.</summary>
    [Option("Whether the output projection shares its weights with the token table.")]
    public bool Tied { get; init; } = true;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new GptConfig { Vocab = Vocab ?? vocab });

    private protected T Fill<T>(T config) where T : GptConfig => config with
    {
        Context = Context,
        Layers = Layers,
        Width = Width,
        Heads = Heads,
        Hidden = Hidden,
        Epsilon = (float)Epsilon,
        Dropout = (float)Dropout,
        Tied = Tied,
    };
}

/// <summary>Shape of a GPT-3 in a recipe: every other layer sees only the last tokens, a band.</summary>
public sealed record Gpt3Options : GptOptions
{
    /// <summary>Number of tokens that a token sees in a banded layer, including itself.</summary>
    [Option("Number of tokens that a token sees in a banded layer, including itself.", Least = 1, Most = Most)]
    public int Band { get; init; } = 256;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => Fill(new Gpt3Config { Vocab = Vocab ?? vocab, Band = Band });
}

/// <summary>Shape of a GPT-J in a recipe. The defaults are the 6 B model.</summary>
public sealed record GptJOptions : ModelOptions
{
    /// <summary>Maximum sequence length in tokens.</summary>
    [Option("Maximum sequence length in tokens.", Least = 1, Most = Most)]
    public int Context { get; init; } = 2048;

    /// <summary>Number of layers.</summary>
    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 28;

    /// <summary>Width of the hidden states; must be a multiple of heads.</summary>
    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 4096;

    /// <summary>Attention heads.</summary>
    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 16;

    /// <summary>Number of features of a head that are rotated by position: the first ones.</summary>
    [Option("Number of features of a head that are rotated by position: the first ones.", Least = 2, Most = Most)]
    public int RotaryWidth { get; init; } = 64;

    /// <summary>Hidden width of the feed-forward layers. Null: 4 · width.</summary>
    [Option("Hidden width of the feed-forward layers. Null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    /// <summary>ε of layer norm.</summary>
    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab) => new GptJConfig
    {
        Vocab = Vocab ?? vocab,
        Context = Context,
        Layers = Layers,
        Width = Width,
        Heads = Heads,
        RotaryWidth = RotaryWidth,
        Hidden = Hidden,
        Epsilon = (float)Epsilon,
    };
}
