using System.Globalization;
using Nonet.Data;
using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Recipes.Translation;

/// <summary>Where sentences and their translations come from and which are held out.</summary>
public sealed record TranslationData
{
    [Option("The training pairs.", Expected = "source and target, or path: the pairs to train on")]
    public required ParallelTextOptions Train { get; init; }

    [Option("The held-out pairs. Null: a part of the training pairs.")]
    public ParallelTextOptions? Validation { get; init; }

    [Option("Fraction of the pairs that is held out if validation is not given. A pair's own text decides, so copies of a pair are on the same side.", Above = 0, Below = 1)]
    public double HeldOut { get; init; } = 0.01;

    [Option("Seed for the choice of held-out pairs.")]
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
        var parts = all.Pairs.ToLookup(p => TokenizedData.Draw(Seed, p.Source + "\t" + p.Target) < HeldOut);
        if (!parts[true].Any() || !parts[false].Any())
        {
            throw new MalformedFileException(Train.Path ?? Train.Source!, string.Create(CultureInfo.InvariantCulture, $"{all.Pairs.Count} pair(s), {parts[true].Count()} of them held out"),
                "at least one on either side: give data.validation, more pairs, or another data.held_out");
        }
        return (new([.. parts[false]], all.Dropped), new([.. parts[true]], 0));
    }
}

/// <summary>Pairs, and how many were passed over because a side was empty.</summary>
sealed record TranslationPairs(IReadOnlyList<(string Source, string Target)> Pairs, long Dropped);
