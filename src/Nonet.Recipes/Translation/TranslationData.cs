using Nonet.Data;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Recipes.Translation;

/// <summary>Sentences with translations, and the held-out part.</summary>
public sealed record TranslationData
{
    /// <summary>Pairs for training.</summary>
    [Option("Pairs for training.", Expected = "source and target, or path: the pairs to train on")]
    public required ParallelTextOptions Train { get; init; }

    /// <summary>Held-out pairs for evaluation; null: a part of the pairs for training.</summary>
    [Option("Held-out pairs for evaluation; null: a part of the pairs for training.")]
    public ParallelTextOptions? Validation { get; init; }

    /// <summary>
    /// Share of the pairs that is held out if validation is null. The choice depends on the text of each pair, so copies of a pair are on
    /// the same side.
    /// </summary>
    [Option("Share of the pairs that is held out if validation is null. The choice depends on the text of each pair, so copies of a pair are on the same side.",
        Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.01;

    /// <summary>Seed of the choice of held-out pairs.</summary>
    [Option("Seed of the choice of held-out pairs.")]
    public ulong Seed { get; init; } = 1;

    internal void Check()
    {
        Train.Check();
        Validation?.Check();
    }

    internal (TranslationPairs Train, TranslationPairs HeldOut) Read()
    {
        var all = ParallelText.Read(Train);
        if (Validation is not null)
        {
            var validation = ParallelText.Read(Validation);
            return (new(all.Pairs, all.Dropped), new(validation.Pairs, validation.Dropped));
        }
        var (train, heldOut) = HeldOutSplit.Of(all.Pairs, HeldOut, Seed, p => p.Source + "\t" + p.Target, $"pairs of {Train.Path ?? Train.Source}");
        return (new(train, all.Dropped), new(heldOut, 0));
    }
}

/// <summary>Pairs, and the number of pairs that were skipped because a side was empty.</summary>
sealed record TranslationPairs(IReadOnlyList<(string Source, string Target)> Pairs, long Dropped);
