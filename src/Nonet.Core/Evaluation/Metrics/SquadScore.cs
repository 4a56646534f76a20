namespace Nonet.Evaluation.Metrics;

/// <summary>A question with its predicted answer.</summary>
/// <param name="Prediction">The predicted text; empty predicts that the question has no answer.</param>
/// <param name="Answers">The right texts; empty if the question has no answer.</param>
/// <param name="NoAnswer">Score for "no answer", which is compared with a threshold. 0 in SQuAD 1.1.</param>
public sealed record SquadPrediction(string Prediction, IReadOnlyList<string> Answers, double NoAnswer = 0);

/// <summary>Scores of a set of questions, in [0, 1].</summary>
/// <param name="Questions">Number of questions.</param>
/// <param name="Exact">Share of exact matches.</param>
/// <param name="F1">Mean F1 of words.</param>
public readonly record struct SquadScore(int Questions, double Exact, double F1)
{
    /// <summary>
    /// Scores predictions. Those whose <see cref="SquadPrediction.NoAnswer"/> exceeds the threshold count as empty. Null: no threshold, for SQuAD 1.1 or for
    /// predictions that are already empty where they predict no answer.
    /// </summary>
    /// <returns>Scores of all questions, of those with an answer and of those without; zeros for an empty set.</returns>
    public static (SquadScore All, SquadScore Answerable, SquadScore Unanswerable) Of(IReadOnlyList<SquadPrediction> predictions, double? threshold = null)
    {
        var items = predictions.Select(Score).ToArray();
        return (Mean(items), Mean([.. items.Where(i => i.HasAnswer)]), Mean([.. items.Where(i => !i.HasAnswer)]));

        (bool HasAnswer, double Exact, double F1) Score(SquadPrediction p)
        {
            var (hasAnswer, exact, f1) = Raw(p);
            if (p.NoAnswer > threshold)
                exact = f1 = hasAnswer ? 0 : 1;
            return (hasAnswer, exact, f1);
        }
    }

    /// <summary>
    /// Finds the thresholds with the highest scores, as the script of SQuAD 2.0 does: it starts with all questions unanswered, answers them in the order of
    /// <see cref="SquadPrediction.NoAnswer"/>, and takes the first maximum. Choose thresholds on other questions than those whose scores are reported.
    /// </summary>
    public static (double Exact, double ExactThreshold, double F1, double F1Threshold) Best(IReadOnlyList<SquadPrediction> predictions)
    {
        Pairs.Check(predictions.Count, predictions.Count);
        var items = predictions.Select(p => (p.NoAnswer, IsEmpty: p.Prediction.Length == 0, Scores: Raw(p))).OrderBy(i => i.NoAnswer).ToArray();
        var (exact, exactThreshold) = Search(s => s.Exact);
        var (f1, f1Threshold) = Search(s => s.F1);
        return (exact, exactThreshold, f1, f1Threshold);

        (double, double) Search(Func<(bool HasAnswer, double Exact, double F1), double> score)
        {
            var sum = (double)items.Count(i => !i.Scores.HasAnswer);
            var (best, threshold) = (sum, 0.0);
            foreach (var (noAnswer, isEmpty, scores) in items)
            {
                sum += scores.HasAnswer ? score(scores) : isEmpty ? 0 : -1;
                if (sum > best)
                    (best, threshold) = (sum, noAnswer);
            }
            return (best / items.Length, threshold);
        }
    }

    static (bool HasAnswer, double Exact, double F1) Raw(SquadPrediction p) =>
        (p.Answers.Count > 0, SquadAnswers.Exact(p.Prediction, p.Answers) ? 1 : 0, SquadAnswers.F1(p.Prediction, p.Answers));

    static SquadScore Mean((bool, double Exact, double F1)[] items) =>
        items.Length == 0 ? default : new SquadScore(items.Length, items.Average(i => i.Exact), items.Average(i => i.F1));
}
