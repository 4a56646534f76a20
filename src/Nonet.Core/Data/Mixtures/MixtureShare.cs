namespace Nonet.Data.Mixtures;

/// <summary>The share of a task, or of its inverted copy, in a mixture.</summary>
public sealed class MixtureShare
{
    internal MixtureShare(SettledSubmixture settled, MixtureTask task, int[] kept, int tooLong, Phrasing[] phrasings, bool inverted, double rate) =>
        (Settled, Task, Kept, TooLong, Phrasings, Inverted, Rate) = (settled, task, kept, tooLong, phrasings, inverted, rate);

    /// <summary>Name of its sub-mixture.</summary>
    public string Submixture => Settled.Options.Name;

    /// <summary>The task.</summary>
    public MixtureTask Task { get; }

    /// <summary>Whether the rows are inverted.</summary>
    public bool Inverted { get; }

    /// <summary>Rows that fit the limits.</summary>
    public int Rows => Kept.Length;

    /// <summary>Rows that are too long.</summary>
    public int TooLong { get; }

    /// <summary>Rows that count for the share: min(rows, cap).</summary>
    public int Counted => Math.Min(Kept.Length, Settled.Cap ?? int.MaxValue);

    /// <summary>Share of all examples.</summary>
    public double Rate { get; }

    /// <summary>Name of the task, marked if it is inverted.</summary>
    public string Name => Inverted ? $"{Task.Name} (inverted)" : Task.Name;

    /// <summary>Numbers of the rows that fit.</summary>
    internal int[] Kept { get; }

    internal Phrasing[] Phrasings { get; }
    internal SettledSubmixture Settled { get; }
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
