using Nonet.Data.Tasks;
using Nonet.Numerics;

namespace Nonet.Evaluation.Baselines;

/// <summary>Settings of <see cref="BagOfWords"/>.</summary>
public sealed record BagOfWordsOptions
{
    /// <summary>Weight of a word in a text.</summary>
    public WordWeight Weight { get; init; } = WordWeight.Count;

    /// <summary>Words in fewer training texts are left out.</summary>
    public int LeastTexts { get; init; } = 2;

    /// <summary>λ of the penalty λ/2 |w|², which is added to the mean of −ln p over the texts. Biases are not penalised.</summary>
    public double L2 { get; init; } = 1e-4;

    /// <summary>Whether the words of a pair's second text are separate features; otherwise both texts form one bag.</summary>
    public bool SeparateSecond { get; init; }

    /// <summary>Maximum number of iterations of the minimiser.</summary>
    public int MostIterations { get; init; } = 300;
}

/// <summary>Weight of a word in a text.</summary>
public enum WordWeight
{
    /// <summary>The number of its occurrences.</summary>
    Count,

    /// <summary>1, for any number of occurrences.</summary>
    Presence,

    /// <summary>Its share of the words of the text.</summary>
    Frequency,
}

/// <summary>
/// Logistic regression over the words of a text, a baseline that ignores their order. Words are runs of letters and digits in lower case. L-BFGS starts from
/// zero and uses the whole training set in each iteration, so the result depends only on the texts and the settings.
/// </summary>
public sealed class BagOfWords
{
    readonly BagOfWordsOptions options;
    readonly Dictionary<string, int> vocabulary;
    readonly double[] weights; // (classes, words + 1); the last column holds the biases
    readonly int classes;

    BagOfWords(BagOfWordsOptions options, Dictionary<string, int> vocabulary, int classes)
    {
        (this.options, this.vocabulary, this.classes) = (options, vocabulary, classes);
        weights = new double[checked(classes * (vocabulary.Count + 1))];
    }

    /// <summary>Number of words in the vocabulary.</summary>
    public int Words => vocabulary.Count;

    /// <param name="texts">Training texts, with classes from 0.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Null: the defaults.</param>
    public static BagOfWords Train(IReadOnlyList<LabelledText> texts, int classes, BagOfWordsOptions? options = null)
    {
        options ??= new BagOfWordsOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(texts.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        if (texts.FirstOrDefault(t => (uint)t.Class >= (uint)classes) is { } wrong)
            throw new ArgumentException($"a text has class {wrong.Class}; expected 0 to {classes - 1}", nameof(texts));
        var vocabulary = texts.SelectMany(t => WordsOf(t, options.SeparateSecond).Distinct()).CountBy(w => w).Where(w => w.Value >= options.LeastTexts)
            .Select(w => w.Key)
            .Order(StringComparer.Ordinal).Select((w, i) => (w, i)).ToDictionary(w => w.w, w => w.i, StringComparer.Ordinal);
        var model = new BagOfWords(options, vocabulary, classes);
        var bags = texts.Select(model.BagOf).ToArray();
        new Lbfgs(model.weights.Length, (w, gradient) =>
            model.Loss(w, gradient, bags, texts))
        { MostIterations = options.MostIterations, Tolerance = 1e-7 }.Minimize(model.weights);
        return model;
    }

    /// <summary>The most likely class.</summary>
    public int Predict(LabelledText text)
    {
        var scores = new double[classes];
        Scores(weights, BagOf(text), scores);
        return Array.IndexOf(scores, scores.Max());
    }

    /// <summary>Share of texts whose class is predicted.</summary>
    public double Accuracy(IReadOnlyList<LabelledText> texts) =>
        texts.Count == 0 ? throw new ArgumentException("no texts; expected at least one", nameof(texts)) : texts.Average(t => Predict(t) == t.Class ? 1.0 : 0);

    (int Word, double Weight)[] BagOf(LabelledText text)
    {
        var words = WordsOf(text, options.SeparateSecond).ToArray();
        return [.. words.Where(vocabulary.ContainsKey).CountBy(w => vocabulary[w]).OrderBy(w => w.Key).Select(w => (w.Key, options.Weight switch
        {
            WordWeight.Presence => 1.0,
            WordWeight.Frequency => (double)w.Value / words.Length,
            _ => w.Value,
        }))];
    }

    static IEnumerable<string> WordsOf(LabelledText text, bool separate)
    {
        foreach (var word in WordsOf(text.Text))
            yield return word;
        foreach (var word in WordsOf(text.Second ?? ""))
            yield return separate ? "2 " + word : word;
    }

    static IEnumerable<string> WordsOf(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            if (end > start)
                yield return text[start..end].ToLowerInvariant();
            start = Math.Max(end, start + 1);
        }
    }

    void Scores(ReadOnlySpan<double> w, (int Word, double Weight)[] bag, double[] scores)
    {
        for (var c = 0; c < classes; c++)
        {
            var row = w.Slice(c * (Words + 1), Words + 1);
            scores[c] = row[^1];
            foreach (var (word, weight) in bag)
                scores[c] += row[word] * weight;
        }
    }

    /// <summary>Mean of −ln p of the true classes, plus λ/2 |w|², with its gradient.</summary>
    double Loss(ReadOnlySpan<double> w, Span<double> gradient, (int Word, double Weight)[][] bags, IReadOnlyList<LabelledText> texts)
    {
        gradient.Clear();
        var (loss, scores) = (0.0, new double[classes]);
        for (var t = 0; t < bags.Length; t++)
        {
            Scores(w, bags[t], scores);
            var most = scores.Max();
            var sum = scores.Sum(s => Math.Exp(s - most));
            loss += (most + Math.Log(sum) - scores[texts[t].Class]) / bags.Length;
            for (var c = 0; c < classes; c++)
            {
                var d = (Math.Exp(scores[c] - most) / sum - (c == texts[t].Class ? 1 : 0)) / bags.Length;
                var row = gradient.Slice(c * (Words + 1), Words + 1);
                row[^1] += d;
                foreach (var (word, weight) in bags[t])
                    row[word] += d * weight;
            }
        }
        for (var c = 0; c < classes; c++)
        {
            for (var i = c * (Words + 1); i < (c + 1) * (Words + 1) - 1; i++)
            {
                loss += options.L2 / 2 * w[i] * w[i];
                gradient[i] += options.L2 * w[i];
            }
        }
        return loss;
    }
}
