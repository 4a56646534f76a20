using System.Globalization;
using Nonet.Text.Unicode;

namespace Nonet.Evaluation.Translation;

/// <summary>How chrF is computed. The defaults are those of chrF2 in sacreBLEU.</summary>
public sealed record ChrFOptions
{
    /// <summary>Longest character n-grams.</summary>
    public int Characters { get; init; } = 6;

    /// <summary>Longest word n-grams; 2 is chrF++ (Popović 2017).</summary>
    public int Words { get; init; }

    /// <summary>β: how much more recall counts than precision.</summary>
    public double Beta { get; init; } = 2;

    /// <summary>Whether spaces are characters.</summary>
    public bool Whitespace { get; init; }

    /// <summary>Whether text is lowercased first.</summary>
    public bool Lowercase { get; init; }

    /// <summary>
    /// Whether F is computed for every order and then averaged, as in chrF++.py and NLTK; an order for which a side is too short counts as almost 0. Otherwise
    /// precision and recall are averaged over the orders that both sides have, and F is computed from the averages.
    /// </summary>
    public bool EveryOrder { get; init; }
}

/// <summary>A character n-gram F-score.</summary>
/// <param name="Score">The score, 0 to 100.</param>
/// <param name="Name">Name with the settings, such as chrF2 or chrF2++.</param>
public sealed record ChrFScore(double Score, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} = {Score:0.00}");
}

/// <summary>chrF: the F-score of character n-grams, optionally with word n-grams. Popović 2015, 2017; as sacreBLEU 2 computes it.</summary>
public sealed class ChrF
{
    const double NextToNothing = 1e-16;
    const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    readonly ChrFOptions options;

    /// <summary>Creates the metric with its settings; null: the defaults.</summary>
    public ChrF(ChrFOptions? options = null)
    {
        this.options = options ?? new ChrFOptions();
        if (this.options.Characters < 1 || this.options.Words < 0)
            throw new ArgumentException($"ChrFOptions.Characters is {this.options.Characters} and Words {this.options.Words}; expected at least 1 and 0");
        if (!(this.options.Beta > 0 && double.IsFinite(this.options.Beta)))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"ChrFOptions.Beta is {this.options.Beta}; expected a positive number"));
    }

    int Orders => options.Characters + options.Words;

    /// <summary>The score of a corpus: counts are summed over its lines, each against its best reference.</summary>
    /// <param name="hypotheses">The lines of the translation.</param>
    /// <param name="references">One or more sets, each with a line for every hypothesis. Throws <see cref="ArgumentException"/> otherwise.</param>
    public ChrFScore Corpus(IReadOnlyList<string> hypotheses, params IReadOnlyList<IReadOnlyList<string>> references)
    {
        ReferenceSets.Check(hypotheses, references);
        var sums = new Matches[Orders];
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var best = references.Select(r => Count(hypotheses[i], r[i])).MaxBy(Score)!; // the first one if several are equal
            for (var n = 0; n < sums.Length; n++)
                sums[n] = new(sums[n].Hypothesis + best[n].Hypothesis, sums[n].Reference + best[n].Reference, sums[n].Common + best[n].Common);
        }
        var name = string.Create(CultureInfo.InvariantCulture, $"chrF{options.Beta}{new string('+', options.Words)}");
        return new ChrFScore(Score(sums), name);
    }

    /// <summary>The score of one sentence.</summary>
    public ChrFScore Sentence(string hypothesis, params IReadOnlyList<string> references) => Corpus([hypothesis], [.. references.Select(r => new[] { r })]);

    /// <summary>Settings of the score in sacreBLEU's format, with the version of this library.</summary>
    /// <param name="references">Number of reference sets.</param>
    public string Signature(int references) => string.Create(CultureInfo.InvariantCulture,
        $"nrefs:{references}|case:{(options.Lowercase ? "lc" : "mixed")}|eff:{(options.EveryOrder ? "no" : "yes")}|nc:{options.Characters}|"
            + $"nw:{options.Words}|space:{(options.Whitespace ? "yes" : "no")}|{ReferenceSets.Version}");

    double Score(Matches[] counts)
    {
        var (precisions, recalls, scores, orders) = (0.0, 0.0, 0.0, 0);
        foreach (var (hypothesis, reference, common) in counts)
        {
            var precision = hypothesis > 0 ? (double)common / hypothesis : NextToNothing;
            var recall = reference > 0 ? (double)common / reference : NextToNothing;
            scores += F(precision, recall);
            if (hypothesis > 0 && reference > 0)
                (precisions, recalls, orders) = (precisions + precision, recalls + recall, orders + 1);
        }
        return 100 * (options.EveryOrder ? scores / counts.Length : orders == 0 ? 0 : F(precisions / orders, recalls / orders));
    }

    double F(double precision, double recall)
    {
        var weight = options.Beta * options.Beta;
        return precision + recall == 0 ? 0 : (1 + weight) * precision * recall / (weight * precision + recall);
    }

    Matches[] Count(string hypothesis, string reference)
    {
        var (ours, theirs) = (Prepare(hypothesis), Prepare(reference));
        var counts = new Matches[Orders];
        for (var n = 0; n < counts.Length; n++)
        {
            counts[n] = n < options.Characters ? Compare(Grams(ours.Characters, n + 1, ""), Grams(theirs.Characters, n + 1, ""))
                : Compare(Grams(ours.Words, n + 1 - options.Characters, " "), Grams(theirs.Words, n + 1 - options.Characters, " "));
        }
        return counts;
    }

    (string[] Characters, string[] Words) Prepare(string line)
    {
        line = options.Lowercase ? PythonCase.Lower(line) : line;
        string[] characters = [.. line.EnumerateRunes().Where(r => options.Whitespace || !BleuWords.IsSpace(r)).Select(r => r.ToString())];
        return (characters, options.Words == 0 ? [] : [.. BleuWords.Split(line.EnumerateRunes()).SelectMany(Apart)]);
    }

    /// <summary>Splits off one ASCII punctuation mark at the end of a word, or, if there is none, at its beginning.</summary>
    static string[] Apart(string word) =>
        word.Length == 1 ? [word]
        : Punctuation.Contains(word[^1], StringComparison.Ordinal) ? [word[..^1], word[^1..]]
        : Punctuation.Contains(word[0], StringComparison.Ordinal) ? [word[..1], word[1..]] : [word];

    static Dictionary<string, int> Grams(string[] units, int order, string separator)
    {
        var grams = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i + order <= units.Length; i++)
        {
            var gram = string.Join(separator, units, i, order);
            grams[gram] = grams.GetValueOrDefault(gram) + 1;
        }
        return grams;
    }

    /// <summary>Counts n-grams. Those of the hypothesis are ignored if the reference is too short to have any.</summary>
    static Matches Compare(Dictionary<string, int> hypothesis, Dictionary<string, int> reference) => new(
        reference.Count == 0 ? 0 : hypothesis.Values.Sum(), reference.Values.Sum(), hypothesis.Sum(g => Math.Min(g.Value, reference.GetValueOrDefault(g.Key))));

    /// <summary>Numbers of n-grams of one order: in the hypothesis, in the reference, and in both.</summary>
    readonly record struct Matches(long Hypothesis, long Reference, long Common);
}
