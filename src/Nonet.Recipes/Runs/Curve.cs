namespace Nonet.Recipes.Runs;

/// <summary>A curve in a plot.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Points">Step and value, in order.</param>
/// <param name="Marked">Whether it has few points, each measured separately, which are drawn as dots.</param>
sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points, bool Marked = false)
{
    /// <summary>Maximum number of points, because more cannot be distinguished in a plot.</summary>
    const int MostPoints = 300;

    /// <summary>A curve of the reported steps.</summary>
    public static Curve Of(string name, IReadOnlyList<StepDone> steps, Func<StepDone, double> value) =>
        Of(name, [.. steps.Select(s => ((double)s.Step, value(s)))]);

    /// <summary>A curve of steps and values. If there are many, each point is the mean of ⌈n / 300⌉ neighbours.</summary>
    public static Curve Of(string name, IReadOnlyList<(double X, double Y)> all)
    {
        var each = Math.Max(1, (all.Count + MostPoints - 1) / MostPoints);
        var points = new List<(double, double)>();
        for (var i = 0; i < all.Count; i += each)
        {
            var (n, x, y) = (Math.Min(each, all.Count - i), 0.0, 0.0);
            for (var j = i; j < i + n; j++)
                (x, y) = (x + all[j].X / n, y + all[j].Y / n);
            points.Add((x, y));
        }
        return new Curve(name, points);
    }
}
