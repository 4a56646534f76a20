using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>A GPT-2; the defaults are its smallest model.</summary>
public record GptOptions : ModelOptions
{
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 1024;

    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 12;

    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 768;

    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 12;

    [Option("Hidden width of the feed-forward layers. Null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    [Option("Dropout of embeddings, attention weights and residual branches during training.", Least = 0, Below = 1)]
    public double Dropout { get; init; }

    [Option("Whether the output layer shares the token table.")]
    public bool Tied { get; init; } = true;

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

/// <summary>A GPT-3: every other layer sees a band of the last tokens.</summary>
public sealed record Gpt3Options : GptOptions
{
    [Option("Width of the band: the number of tokens, including itself, to which a token attends in a banded layer.", Least = 1, Most = Most)]
    public int Band { get; init; } = 256;

    public override ModelConfig Config(int vocab) => Fill(new Gpt3Config { Vocab = Vocab ?? vocab, Band = Band });
}

/// <summary>A GPT-J; the defaults are its 6 B model.</summary>
public sealed record GptJOptions : ModelOptions
{
    [Option("Maximum sequence length in tokens.", Least = 1, Most = Most)]
    public int Context { get; init; } = 2048;

    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 28;

    [Option("Width of the hidden states; must be a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 4096;

    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 16;

    [Option("Number of features per head, from the first, that rotary positions rotate.", Least = 2, Most = Most)]
    public int RotaryWidth { get; init; } = 64;

    [Option("Hidden width of the feed-forward layers. Null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

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
