namespace Nonet.Data.Instructions;

/// <summary>An example as ids. The loss covers the supervised ids; the others are only context.</summary>
/// <param name="Ids">Ids: for a decoder the whole example, for an encoder-decoder the target.</param>
/// <param name="Supervised">For each id whether the model is trained to predict it.</param>
public sealed record SupervisedTokens(int[] Ids, bool[] Supervised)
{
    /// <summary>Ids that an encoder reads; null for a decoder.</summary>
    public int[]? Source { get; init; }

    /// <summary>Ids of the example, including those of the source.</summary>
    public int Count => Ids.Length + (Source?.Length ?? 0);

    /// <summary>
    /// Number of ids that the loss covers. A decoder predicts no first id, since nothing stands before it; an encoder-decoder has a start
    /// token there.
    /// </summary>
    public int Targets => Supervised.Count(s => s) - (Source is null && Supervised is [true, ..] ? 1 : 0);

    /// <summary>The first ids of an example. The source of an encoder-decoder keeps its end token.</summary>
    /// <param name="context">Largest number of ids on each side.</param>
    public SupervisedTokens Cut(int context) => new(Ids[..Math.Min(Ids.Length, context)], Supervised[..Math.Min(Ids.Length, context)])
    {
        Source = Source is { } source && source.Length > context ? [.. source[..(context - 1)], source[^1]] : Source,
    };
}
