using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Decoders;

namespace Nonet.Recipes.Architectures;

/// <summary>A Gemma 3: five layers with a window to one without.</summary>
public sealed record Gemma3Options : ModelOptions
{
    [Option("Maximum sequence length in tokens. Time and memory grow with it.", Least = 1, Most = Most)]
    public int Context { get; init; } = 8192;

    [Option("Number of layers.", Least = 1, Most = Deepest)]
    public int Layers { get; init; } = 26;

    [Option("Width of the hidden states.", Least = 1, Most = Most)]
    public int Width { get; init; } = 2304;

    [Option("Attention heads of queries.", Least = 1, Most = Most)]
    public int Heads { get; init; } = 8;

    [Option("Heads of keys and values; must divide heads. Null: heads.", Least = 1, Most = Most)]
    public int? KvHeads { get; init; }

    [Option("Width of a head. Null: width / heads.", Least = 2, Most = Most)]
    public int? HeadWidth { get; init; }

    [Option("Hidden width of the gated feed-forward layers. Null: 4 · width.", Least = 1, Most = Most)]
    public int? Hidden { get; init; }

    [Option("Number of tokens to which a token attends in the layers with a window.", Least = 1, Most = Most)]
    public int Window { get; init; } = 512;

    [Option("Attention scores are divided by the root of this number. Null or 0: the head width.", Least = 0)]
    public double? QueryScalar { get; init; }

    [Option("ε of RMS norm.", Above = 0)]
    public double Epsilon { get; init; } = 1e-6;

    [Option("Base of the rotary positions in layers without a window.", Above = 1)]
    public double RopeBase { get; init; } = 1e6;

    [Option("Base of the rotary positions in layers with a window.", Above = 1)]
    public double LocalRopeBase { get; init; } = 10000;

    [Option("Whether the output layer shares the token table.")]
    public bool Tied { get; init; } = true;

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
        return this with { KvHeads = KvHeads ?? Heads, HeadWidth = headWidth, Hidden = Hidden ?? 4 * Width, QueryScalar = QueryScalar is > 0 ? QueryScalar : headWidth };
    }
}
