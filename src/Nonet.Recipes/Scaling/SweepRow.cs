using System.Globalization;
using Nonet.Training;

namespace Nonet.Recipes.Scaling;

/// <summary>A finished run as a row of runs.csv.</summary>
public sealed record SweepRow
{
    /// <summary>Name of the run and its folder.</summary>
    public required string Name { get; init; }

    /// <summary>"grid", "isoflop" or "search".</summary>
    public required string Plan { get; init; }

    /// <summary>Number of all weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Number of weights without the token table, learned positions and output.</summary>
    public required long NonEmbedding { get; init; }

    /// <summary>Number of training tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>FLOPs including attention and output: Chowdhery et al. 2022, appendix B.</summary>
    public required double FullFlops { get; init; }

    /// <summary>Held-out loss at the end, in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Held-out loss at the end, in bits per byte of text.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Time in training steps.</summary>
    public required double Seconds { get; init; }

    /// <summary>Peak learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Tokens per update.</summary>
    public required long Batch { get; init; }

    /// <summary>Number of updates.</summary>
    public required int Steps { get; init; }

    /// <summary>Seed of initialisation and order.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Features of a hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Whether the fits leave the run out in order to predict it.</summary>
    public required bool HeldOut { get; init; }

    /// <summary>Gradient noise at the end; null if it was not measured, or if the batches do not determine it.</summary>
    public GradientNoise? Noise { get; init; }

    /// <summary>Training loss by number of tokens.</summary>
    public required IReadOnlyList<(long Tokens, double Loss)> Curve { get; init; }

    /// <summary>6ND: approximate training FLOPs.</summary>
    public double Flops => 6.0 * Parameters * Tokens;

    /// <summary>Names of the columns, in order.</summary>
    internal const string Header =
        "name,plan,n_params,n_non_embedding,tokens,flops,flops_full,loss,bits_per_byte,seconds,lr,batch,steps,seed,layers,width,heads,held_out,"
        + "norm2_small,norm2_big,batch_small,batch_big,curve_tokens,curve_loss";

    internal string ToCsv() => string.Join(',', (IEnumerable<string>)[
        Name, Plan, Text(Parameters), Text(NonEmbedding), Text(Tokens), Text(Flops), Text(FullFlops), Text(Loss), Text(BitsPerByte), Text(Seconds),
        Text(LearningRate), Text(Batch), Text(Steps), Text(Seed),
        Text(Layers), Text(Width), Text(Heads), HeldOut ? "yes" : "no", Text(Noise?.NormSmall), Text(Noise?.NormBig), Text(Noise?.BatchSmall),
        Text(Noise?.BatchBig),
        string.Join(';', Curve.Select(p => Text(p.Tokens))), string.Join(';', Curve.Select(p => Text(p.Loss)))]);

    /// <summary>Reads a row; null if the line is not a valid row.</summary>
    internal static SweepRow? Parse(string line)
    {
        var cells = line.Split(',');
        try
        {
            return cells.Length != Header.Split(',').Length ? null : new SweepRow
            {
                Name = cells[0],
                Plan = cells[1],
                Parameters = Whole(cells[2]),
                NonEmbedding = Whole(cells[3]),
                Tokens = Whole(cells[4]),
                FullFlops = Number(cells[6]),
                Loss = Number(cells[7]),
                BitsPerByte = Number(cells[8]),
                Seconds = Number(cells[9]),
                LearningRate = Number(cells[10]),
                Batch = Whole(cells[11]),
                Steps = checked((int)Whole(cells[12])),
                Seed = ulong.Parse(cells[13], CultureInfo.InvariantCulture),
                Layers = checked((int)Whole(cells[14])),
                Width = checked((int)Whole(cells[15])),
                Heads = checked((int)Whole(cells[16])),
                HeldOut = cells[17] == "yes",
                Noise = cells[18].Length == 0 ? null : new GradientNoise(Number(cells[18]), Number(cells[19]), Whole(cells[20]), Whole(cells[21])),
                Curve = cells[22].Length == 0 ? [] : [.. cells[22].Split(';').Zip(cells[23].Split(';'), (at, loss) => (Whole(at), Number(loss)))],
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }

    static string Text<T>(T? value) where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture) ?? "";

    static string Text<T>(T value) where T : struct, IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    static long Whole(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
