using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>A GPT-2; the defaults are its smallest model.</summary>
public record GptOptions : ModelOptions
{
    [Option("Longest sequence, in tokens; time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 1024;

    [Option("Depth.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 12;

    [Option("Width of the hidden states; a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 768;

    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 12;

    [Option("Width of the feed-forward layers; null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    [Option("ε of layer norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-5;

    [Option("Dropout of embeddings, attention weights and residual branches while training.", Least = 0, Below = 1)]
    public double Dropout { get; init; }

    [Option("Whether the output projection is the token table.")]
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
    [Option("Tokens that a banded layer's tokens see, themselves included.", Least = 1, Most = Most)]
    public int Band { get; init; } = 256;

    public override ModelConfig Config(int vocab) => Fill(new Gpt3Config { Vocab = Vocab ?? vocab, Band = Band });
}

/// <summary>A GPT-J; the defaults are its 6 B model.</summary>
public sealed record GptJOptions : ModelOptions
{
    [Option("Longest sequence, in tokens.", Least = 1, Most = Most)]
    public int Context { get; init; } = 2048;

    [Option("Depth.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 28;

    [Option("Width of the hidden states; a multiple of heads.", Least = 1, Most = Most)]
    public int Width { get; init; } = 4096;

    [Option("Attention heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 16;

    [Option("Features of a head that are turned by position, the first ones.", Least = 2, Most = Most)]
    public int RotaryWidth { get; init; } = 64;

    [Option("Width of the feed-forward layers; null: 4 · width.", Least = 1, Most = Most)]
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
