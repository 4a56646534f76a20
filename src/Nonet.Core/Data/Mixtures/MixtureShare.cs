namespace Nonet.Data.Mixtures;

/// <summary>The share of a task, or of its inverted copy, in a mixture.</summary>
public sealed record MixtureShare
{
    /// <summary>Name of its sub-mixture.</summary>
    public required string Submixture { get; init; }

    /// <summary>The task.</summary>
    public required MixtureTask Task { get; init; }

    /// <summary>Whether the rows are inverted.</summary>
    public bool Inverted { get; init; }

    /// <summary>Rows that fit the limits.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows that are too long.</summary>
    public required int TooLong { get; init; }

    /// <summary>Rows that count for the share: min(rows, cap).</summary>
    public required int Counted { get; init; }

    /// <summary>Share of all examples.</summary>
    public required double Rate { get; init; }

    internal int[] Kept { get; init; } = []; // numbers of the rows that fit
    internal Phrasing[] Phrasings { get; init; } = [];
    internal SettledSubmixture Settled { get; init; } = null!; // set where shares are made

    /// <summary>Name of the task, marked if it is inverted.</summary>
    public string Name => Inverted ? $"{Task.Name} (inverted)" : Task.Name;
}

/// <summary>How an example is drawn: a pure function of the seed and the example's number.</summary>
/// <param name="Share">Number of the share.</param>
/// <param name="Row">Number of the row in its task.</param>
/// <param name="Inversion">What the inverted example asks for; null: it is not inverted.</param>
/// <param name="Shots">Number of exemplars wanted.</param>
/// <param name="WithOptions">Whether the answer options are listed.</param>
/// <param name="WithReasoning">Whether the reasoning is asked for.</param>
/// <param name="WithInstruction">Whether there is an instruction.</param>
/// <param name="Template">Number of the template.</param>
/// <param name="Style">Number of the style.</param>
public readonly record struct MixtureDraw(int Share, int Row, InversionKind? Inversion, int Shots, bool WithOptions, bool WithReasoning, bool WithInstruction,
    int Template, int Style);
