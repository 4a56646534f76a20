namespace Nonet.Alignment;

/// <summary>Share of pairs in which the better answer has the higher reward; equal rewards count one half.</summary>
public static class PreferenceAccuracy
{
    /// <summary>The share, from margins r(better) − r(worse).</summary>
    public static double Of(IReadOnlyList<double> margins) => margins.Count == 0 ? double.NaN : margins.Average(Of);

    internal static double Of(double margin) => margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
}
