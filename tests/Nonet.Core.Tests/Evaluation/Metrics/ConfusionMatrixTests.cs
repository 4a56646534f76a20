using Nonet.Evaluation.Metrics;

namespace Nonet.Tests.Evaluation.Metrics;

public class ConfusionMatrixTests
{
    /// <summary>Predictions 0 2 1 0 0 1 for 0 1 2 0 1 2: only the two of class 0 are right, and one of class 1 is taken for it.</summary>
    [Fact]
    public void Three_classes_by_hand()
    {
        var matrix = new ConfusionMatrix([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2], 3);
        Assert.Equal(2.0 / 6, matrix.Accuracy, 12);
        Assert.Equal((2.0 / 3, 1.0, 0.8), (matrix.Precision(0), matrix.Recall(0), matrix.F1(0)));
        Assert.Equal((0.0, 0.0), (matrix.F1(1), matrix.F1(2)));
        Assert.Equal(0.8 / 3, matrix.MacroF1, 12);
        Assert.Equal(2.0 / 6, matrix.MicroF1, 12);
        Assert.Equal((2, 1, 1, 2), (matrix[0, 0], matrix[1, 0], matrix[1, 2], matrix[2, 1]));
        Assert.Equal(["       a  bb   c", "a      2   0   0", "bb     1   0   1", "c      0   2   0"], matrix.Lines(["a", "bb", "c"]));
    }

    [Fact]
    public void Matthews_by_hand()
    {
        // TP 2, FP 1, FN 1, TN 0: (0 - 1) / √(3 · 3 · 1 · 1).
        Assert.Equal(-1.0 / 3, new ConfusionMatrix([1, 0, 1, 1], [1, 1, 1, 0], 2).Matthews, 12);
        // TP 3, TN 4, FP 1, FN 2: (12 - 2) / √(4 · 5 · 5 · 6).
        Assert.Equal(10 / Math.Sqrt(600), new ConfusionMatrix([1, 1, 1, 0, 0, 0, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0, 0, 0, 1, 1], 2).Matthews, 12);
        // Three classes: 3 of 4 right, gold 1 1 2, predicted 1 2 1: (12 - 5) / √((16 - 6)(16 - 6)).
        Assert.Equal(0.7, new ConfusionMatrix([0, 1, 2, 1], [0, 1, 2, 2], 3).Matthews, 12);
        Assert.Equal(1, new ConfusionMatrix([0, 1, 2], [0, 1, 2], 3).Matthews, 12);
        Assert.Equal(-1, new ConfusionMatrix([0, 1], [1, 0], 2).Matthews, 12);
    }

    [Fact]
    public void One_class_alone_has_no_correlation_and_absent_classes_no_part_in_the_mean()
    {
        Assert.Equal(0, new ConfusionMatrix([1, 1, 1], [1, 0, 1], 2).Matthews);
        Assert.Equal(0, new ConfusionMatrix([0, 1], [1, 1], 2).Matthews);
        var matrix = new ConfusionMatrix([0, 0], [0, 0], 5);
        Assert.Equal((1, 0, 0, 1), (matrix.MacroF1, matrix.F1(4), matrix.Precision(4), matrix.Accuracy));
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        Assert.Contains("2 predictions for 1 items", Assert.Throws<ArgumentException>(() => new ConfusionMatrix([0, 0], [0], 2)).Message,
            StringComparison.Ordinal);
        Assert.Contains("item 1: class 2 predicted", Assert.Throws<ArgumentException>(() => new ConfusionMatrix([0, 2], [0, 0], 2)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ConfusionMatrix([], [], 2));
    }
}
