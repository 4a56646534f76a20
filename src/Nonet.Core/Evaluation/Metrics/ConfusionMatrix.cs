namespace Nonet.Evaluation.Metrics;

/// <summary>
/// Counts of predicted classes for each true class, and the metrics that follow: accuracy, precision, recall, F1, Matthews' correlation. Classes run from 0
/// to <see cref="Classes"/> − 1.
/// </summary>
public sealed class ConfusionMatrix
{
    readonly long[] counts;

    /// <param name="predicted">Predicted class of each item; at least one item.</param>
    /// <param name="gold">True class of each item.</param>
    /// <param name="classes">Number of classes.</param>
    public ConfusionMatrix(ReadOnlySpan<int> predicted, ReadOnlySpan<int> gold, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Pairs.Check(predicted.Length, gold.Length);
        Classes = classes;
        counts = new long[checked(classes * classes)];
        for (var i = 0; i < gold.Length; i++)
        {
            if ((uint)predicted[i] >= (uint)classes || (uint)gold[i] >= (uint)classes)
                throw new ArgumentException($"item {i}: class {predicted[i]} predicted, {gold[i]} true; both must be in 0 to {classes - 1}");
            counts[gold[i] * classes + predicted[i]]++;
        }
        Total = gold.Length;
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Number of items.</summary>
    public long Total { get; }

    /// <summary>Number of items of a true class that were predicted as a class.</summary>
    public long this[int gold, int predicted] => counts[gold * Classes + predicted];

    /// <summary>Number of items of a true class.</summary>
    public long Gold(int of) => Enumerable.Range(0, Classes).Sum(p => this[of, p]);

    /// <summary>Number of items predicted as a class.</summary>
    public long Predicted(int of) => Enumerable.Range(0, Classes).Sum(g => this[g, of]);

    /// <summary>Share of the examples whose class is predicted correctly.</summary>
    public double Accuracy => (double)Enumerable.Range(0, Classes).Sum(c => this[c, c]) / Total;

    /// <summary>Share of the items predicted as a class that belong to it; 0 if none was predicted.</summary>
    public double Precision(int of) => Ratio(this[of, of], Predicted(of));

    /// <summary>Share of the items of a class that were predicted as it; 0 if the class has no items.</summary>
    public double Recall(int of) => Ratio(this[of, of], Gold(of));

    /// <summary>2 p r / (p + r) of a class; 0 if it has no items and was never predicted.</summary>
    public double F1(int of) => Ratio(2 * this[of, of], Gold(of) + Predicted(of));

    /// <summary>Mean of F1 over the classes that have items or were predicted.</summary>
    public double MacroF1 => Enumerable.Range(0, Classes).Where(c => Gold(c) + Predicted(c) > 0).Average(F1);

    /// <summary>F1 of the summed counts of all classes. With one class per item, it equals the accuracy.</summary>
    public double MicroF1 => Accuracy;

    /// <summary>
    /// Matthews' correlation; for more than two classes, R_K of Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient".
    /// 0 if all items belong to one class or were predicted as one class.
    /// </summary>
    public double Matthews
    {
        get
        {
            double correct = 0, both = 0, squaresGold = 0, squaresPredicted = 0;
            for (var c = 0; c < Classes; c++)
            {
                var (gold, predicted) = ((double)Gold(c), (double)Predicted(c));
                correct += this[c, c];
                both += gold * predicted;
                squaresGold += gold * gold;
                squaresPredicted += predicted * predicted;
            }
            var square = (double)Total * Total;
            var spread = (square - squaresPredicted) * (square - squaresGold);
            return spread == 0 ? 0 : (correct * Total - both) / Math.Sqrt(spread);
        }
    }

    /// <summary>Lines of a table with a row per true class and a column per predicted class.</summary>
    public IEnumerable<string> Lines(IReadOnlyList<string> names)
    {
        if (names.Count != Classes)
            throw new ArgumentException($"{names.Count} names for {Classes} classes", nameof(names));
        var width = Math.Max(names.Max(n => n.Length), counts.Max().ToString(System.Globalization.CultureInfo.InvariantCulture).Length) + 2;
        yield return "".PadRight(width) + string.Concat(names.Select(n => n.PadLeft(width)));
        for (var g = 0; g < Classes; g++)
            yield return names[g].PadRight(width)
                + string.Concat(Enumerable.Range(0, Classes)
                .Select(p => this[g, p].ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(width)));
    }

    static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
