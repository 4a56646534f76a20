namespace Nonet.Evaluation.Metrics;

/// <summary>Multiple choice: the answer to a question is the choice with the highest score.</summary>
public static class ChoiceAccuracy
{
    /// <summary>Index of the choice with the highest score; the first one if several are equal. NaN never wins.</summary>
    public static int Best(ReadOnlySpan<double> scores)
    {
        if (scores.IsEmpty)
            throw new ArgumentException("a question without choices");
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best] || (double.IsNaN(scores[best]) && !double.IsNaN(scores[i])))
                best = i;
        }
        return best;
    }

    /// <summary>Share of questions whose best choice is the right one.</summary>
    public static double Of(IReadOnlyList<double[]> scores, IReadOnlyList<int> gold)
    {
        Pairs.Check(scores.Count, gold.Count);
        var right = 0;
        for (var i = 0; i < gold.Count; i++)
        {
            if ((uint)gold[i] >= (uint)scores[i].Length)
                throw new ArgumentException($"question {i}: choice {gold[i]} is marked as right, but there are {scores[i].Length} choices");
            right += Best(scores[i]) == gold[i] ? 1 : 0;
        }
        return (double)right / gold.Count;
    }
}
