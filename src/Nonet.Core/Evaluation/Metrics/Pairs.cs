namespace Nonet.Evaluation.Metrics;

/// <summary>Predictions and what they should be.</summary>
static class Pairs
{
    public static void Check(int predicted, int gold)
    {
        if (predicted != gold || gold == 0)
            throw new ArgumentException($"{predicted} predictions for {gold} items; expected one for each of one item at least");
    }
}
