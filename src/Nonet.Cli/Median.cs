namespace Nonet.Cli;

static class Median
{
    /// <summary>The middle one, or the upper of the middle two.</summary>
    public static double Of(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);
}
