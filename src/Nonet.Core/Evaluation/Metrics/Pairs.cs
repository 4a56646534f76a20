namespace Nonet.Evaluation.Metrics;

/// <summary>Checks that predictions and true values match in number.</summary>
static class Pairs
{
    public static void Check(int predicted, int gold)
    {
        if (predicted != gold || gold == 0)
            throw new ArgumentException($"{predicted} predictions for {gold} items; expected at least one item, and one prediction for each");
    }
}
