namespace Nonet.Cli;

static class Median
{
    /// <summary>The middle value, or the larger of the two middle values.</summary>
    public static double Of(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);
}
