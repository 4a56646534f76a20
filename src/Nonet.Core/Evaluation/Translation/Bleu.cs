using System.Globalization;
using Nonet.Text.Unicode;

namespace Nonet.Evaluation.Translation;

/// <summary>
/// BLEU: the geometric mean of the n-gram precisions of a translation, n from 1 to 4, times a penalty for brevity. Papineni et al. 2002. Tokenization and
/// smoothing are those of sacreBLEU, so that scores are comparable: Post 2018.
/// </summary>
public sealed class Bleu(BleuOptions? options = null)
{
    const int Orders = 4;

    readonly BleuOptions options = options ?? new BleuOptions();

    /// <summary>The score of a corpus: counts are summed over its lines.</summary>
    /// <param name="hypotheses">The lines of the translation.</param>
    /// <param name="references">One or more sets, each with a line for every hypothesis. Throws <see cref="ArgumentException"/> otherwise.</param>
    public BleuScore Corpus(IReadOnlyList<string> hypotheses, params IReadOnlyList<IReadOnlyList<string>> references)
    {
        ReferenceSets.Check(hypotheses, references);
        var counts = new Counts();
        for (var i = 0; i < hypotheses.Count; i++)
            Count(hypotheses[i], references.Select(r => r[i]), counts);
        return Score(counts, options.EffectiveOrder);
    }

    /// <summary>The score of one sentence. Orders for which it is too short are left out.</summary>
    public BleuScore Sentence(string hypothesis, params IReadOnlyList<string> references)
    {
        if (references.Count == 0)
            throw new ArgumentException("no reference; expected at least one", nameof(references));
        var counts = new Counts();
        Count(hypothesis, references, counts);
        return Score(counts, effectiveOrder: true);
    }

    /// <summary>Settings of the score in sacreBLEU's format, with the version of this library.</summary>
    /// <param name="references">Number of reference sets.</param>
    public string Signature(int references) => string.Create(CultureInfo.InvariantCulture,
        $"nrefs:{references}|case:{(options.Lowercase ? "lc" : "mixed")}|eff:{(options.EffectiveOrder ? "yes" : "no")}|"
            + $"tok:{BleuWords.NameOf(options.Tokenization)}|smooth:{SmoothingName}|{ReferenceSets.Version}");

    double Value => options.SmoothingValue ?? (options.Smoothing == BleuSmoothing.Floor ? 0.1 : 1);

    string SmoothingName => options.Smoothing switch
    {
        BleuSmoothing.Floor => string.Create(CultureInfo.InvariantCulture, $"floor[{Value:0.00}]"),
        BleuSmoothing.AddK => string.Create(CultureInfo.InvariantCulture, $"add-k[{Value:0.00}]"),
        BleuSmoothing.Exponential => "exp",
        _ => "none",
    };

    string[] Words(string line) => BleuWords.Of(options.Lowercase ? PythonCase.Lower(line.TrimEnd()) : line.TrimEnd(), options.Tokenization);

    void Count(string hypothesis, IEnumerable<string> references, Counts counts)
    {
        var words = Words(hypothesis);
        var most = new Dictionary<string, int>(StringComparer.Ordinal); // largest count of each n-gram in any one reference
        var length = -1;
        foreach (var reference in references)
        {
            var other = Words(reference);
            var (distance, best) = (Math.Abs(other.Length - words.Length), Math.Abs(length - words.Length));
            if (length < 0 || distance < best || (distance == best && other.Length < length))
                length = other.Length;
            foreach (var (gram, count) in Grams(other))
                most[gram] = Math.Max(count, most.GetValueOrDefault(gram));
        }
        counts.HypothesisLength += words.Length;
        counts.ReferenceLength += length;
        foreach (var (gram, count) in Grams(words))
        {
            var order = gram.AsSpan().Count(' ');
            counts.Totals[order] += count;
            counts.Matches[order] += Math.Min(count, most.GetValueOrDefault(gram));
        }
    }

    /// <summary>Counts of the n-grams of all orders. The words of a key are joined by spaces.</summary>
    static Dictionary<string, int> Grams(string[] words)
    {
        var grams = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var order = 1; order <= Orders; order++)
        {
            for (var i = 0; i + order <= words.Length; i++)
            {
                var gram = string.Join(' ', words, i, order);
                grams[gram] = grams.GetValueOrDefault(gram) + 1;
            }
        }
        return grams;
    }

    BleuScore Score(Counts counts, bool effectiveOrder)
    {
        var brevity = counts.HypothesisLength >= counts.ReferenceLength ? 1
            : counts.HypothesisLength == 0 ? 0 : Math.Exp(1 - (double)counts.ReferenceLength / counts.HypothesisLength);
        var precisions = new double[Orders];
        var score = 0.0;
        if (counts.Matches.Any(m => m > 0))
        {
            var (orders, halving) = (Orders, 1.0);
            for (var n = 0; n < Orders; n++)
            {
                var added = options.Smoothing == BleuSmoothing.AddK && n > 0 ? Value : 0;
                var (matches, total) = (counts.Matches[n] + added, counts.Totals[n] + added);
                if (total == 0)
                    break;
                if (effectiveOrder)
                    orders = n + 1;
                if (matches == 0 && options.Smoothing == BleuSmoothing.Exponential)
                    matches = 1 / (halving *= 2);
                else if (matches == 0 && options.Smoothing == BleuSmoothing.Floor)
                    matches = Value;
                precisions[n] = 100 * matches / total;
            }
            score = precisions.Take(orders).Contains(0) ? 0 : brevity * Math.Exp(precisions.Take(orders).Sum(Math.Log) / orders);
        }
        return new BleuScore(score, precisions, brevity, counts.Matches, counts.Totals, counts.HypothesisLength, counts.ReferenceLength);
    }

    /// <summary>Counts that are summed over lines.</summary>
    sealed class Counts
    {
        public long[] Matches { get; } = new long[Orders];
        public long[] Totals { get; } = new long[Orders];
        public long HypothesisLength { get; set; }
        public long ReferenceLength { get; set; }
    }
}
