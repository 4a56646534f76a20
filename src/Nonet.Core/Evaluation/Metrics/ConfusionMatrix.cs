namespace Nonet.Evaluation.Metrics;

/// <summary>
/// How often each class was taken for each, and what follows from it: accuracy, precision, recall, F1, Matthews' correlation. Classes run from 0 to Classes -
/// 1.
/// </summary>
public sealed class ConfusionMatrix
{
    readonly long[] counts;

    /// <param name="predicted">Classes as predicted.</param>
    /// <param name="gold">Classes as they are; as many, one at least.</param>
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

    /// <summary>Items.</summary>
    public long Total { get; }

    /// <summary>Items of a class that were taken for another, or for itself.</summary>
    public long this[int gold, int predicted] => counts[gold * Classes + predicted];

    /// <summary>Items of a class.</summary>
    public long Gold(int of) => Enumerable.Range(0, Classes).Sum(p => this[of, p]);

    /// <summary>Items taken for a class.</summary>
    public long Predicted(int of) => Enumerable.Range(0, Classes).Sum(g => this[g, of]);

    /// <summary>Share of the examples whose class is predicted correctly.</summary>
    public double Accuracy => (double)Enumerable.Range(0, Classes).Sum(c => this[c, c]) / Total;

    /// <summary>Share of a class among what was taken for it; 0 if nothing was.</summary>
    public double Precision(int of) => Ratio(this[of, of], Predicted(of));

    /// <summary>Share of a class that was found; 0 if there is none of it.</summary>
    public double Recall(int of) => Ratio(this[of, of], Gold(of));

    /// <summary>2 p r / (p + r) of a class; 0 if it was neither there nor predicted.</summary>
    public double F1(int of) => Ratio(2 * this[of, of], Gold(of) + Predicted(of));

    /// <summary>The mean of F1 over the classes that are there or were predicted.</summary>
    public double MacroF1 => Enumerable.Range(0, Classes).Where(c => Gold(c) + Predicted(c) > 0).Average(F1);

    /// <summary>F1 of the counts of all classes together: of one class an item it is the accuracy.</summary>
    public double MicroF1 => Accuracy;

    /// <summary>
    /// Matthews' correlation; of more than two classes R_K of Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient". 0
    /// where all items are, or were taken for, one class.
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

    /// <summary>A table: a row a class as it is, a column a class as predicted.</summary>
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
