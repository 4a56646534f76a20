using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>Shape of a Gemma 3 in a recipe: five layers with a sliding window alternate with one layer without.</summary>
public sealed record Gemma3Options : ModelOptions
{
    /// <summary>Maximum sequence length in tokens. Time and memory grow with it.</summary>
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 8192;

    /// <summary>Number of layers.</summary>
    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 26;

    /// <summary>Width of the hidden states.</summary>
    [Option("Width of the hidden states.", Least = 1, Most = Most)]
    public int Width { get; init; } = 2304;

    /// <summary>Query heads.</summary>
    [Option("Query heads.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 8;

    /// <summary>Key and value heads, a divisor of heads; null: heads.</summary>
    [Option("Key and value heads, a divisor of heads; null: heads.", Least = 1, Most = Most)]
    public int? KvHeads { get; init; }

    /// <summary>Width of a head. Null: width / heads.</summary>
    [Option("Width of a head. Null: width / heads.", Least = 2, Most = Most)]
    public int? HeadWidth { get; init; }

    /// <summary>Hidden width of the gated feed-forward layers. Null: 4 · width.</summary>
    [Option("Hidden width of the gated feed-forward layers. Null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    /// <summary>Number of tokens that a token sees in the layers with a window.</summary>
    [Option("Number of tokens that a token sees in the layers with a window.", Least = 1, Most = Most)]
    public int Window { get; init; } = 512;

    /// <summary>Attention scores are divided by the square root of this number; null or 0: the width of a head.</summary>
    [Option("Attention scores are divided by the square root of this number; null or 0: the width of a head.", Least = 0)]
    public double? QueryScalar { get; init; }

    /// <summary>ε of RMS norm.</summary>
    [Option("ε of RMS norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Base of rotary positions in the layers without a window.</summary>
    [Option("Base of rotary positions in the layers without a window.", Above = 1)]
    public double RopeBase { get; init; } = 1e6;

    /// <summary>Base of the rotary positions in layers with a window.</summary>
    [Option("Base of the rotary positions in layers with a window.", Above = 1)]
    public double LocalRopeBase { get; init; } = 10000;

    /// <summary>Whether the output projection shares its weights with the token table.</summary>
    [Option("Whether the output projection shares its weights with the token table.")]
    public bool Tied { get; init; } = true;

    /// <inheritdoc/>
    public override ModelConfig Config(int vocab)
    {
        var o = (Gemma3Options)Completed();
        return new Gemma3Config
        {
            Vocab = Vocab ?? vocab,
            Context = Context,
            Layers = Layers,
            Width = Width,
            Heads = Heads,
            KvHeads = o.KvHeads!.Value,
            HeadWidth = o.HeadWidth!.Value,
            Hidden = o.Hidden!.Value,
            Window = Window,
            QueryScalar = o.QueryScalar!.Value,
            Epsilon = (float)Epsilon,
            RopeBase = RopeBase,
            LocalRopeBase = LocalRopeBase,
            Tied = Tied,
        };
    }

    internal override ModelOptions Completed()
    {
        var headWidth = HeadWidth ?? Width / Heads;
        return this with
        {
            KvHeads = KvHeads ?? Heads,
            HeadWidth = headWidth,
            Hidden = Hidden ?? 4 * Width,
            QueryScalar = QueryScalar is > 0 ? QueryScalar : headWidth
        };
    }
}
