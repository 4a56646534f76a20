using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Nonet.Recipes.Runs;

/// <summary>
/// Curves over steps as SVG. Nothing is filled, and every colour contrasts with white and with black, so that a plot fits on either.
/// </summary>
static class Plot
{
    /// <summary>Size of a plot, small enough for a phone with readable text.</summary>
    const double Width = 380, Height = 240;

    /// <summary>An svg element.</summary>
    /// <param name="id">Distinguishes its inner names from those of other plots on the page.</param>
    /// <param name="curves">The curves.</param>
    public static string Svg(string id, params IReadOnlyList<Curve> curves)
    {
        var model = PlotTheme.Model();
        model.Axes.Add(Axis(AxisPosition.Bottom, "step", curves.SelectMany(c => c.Points).Select(p => p.X)));
        model.Axes.Add(Axis(AxisPosition.Left, null, curves.SelectMany(c => c.Points).Select(p => p.Y)));
        for (var i = 0; i < curves.Count; i++)
            model.Series.Add(Line(curves[i], PlotTheme.Colour(i)));
        if (curves.Count > 1)
            model.Legends.Add(PlotTheme.Legend(LegendPosition.RightTop));
        return PlotTheme.Svg(model, id, Width, Height);
    }

    static LineSeries Line(Curve curve, OxyColor colour)
    {
        var line = new LineSeries { Title = curve.Name, Color = colour, StrokeThickness = 1.6, LineJoin = LineJoin.Round };
        if (curve.Marked || curve.Points.Count == 1)
            (line.MarkerType, line.MarkerSize, line.MarkerFill) = (MarkerType.Circle, 2.6, colour);
        line.Points.AddRange(curve.Points.Select(p => new DataPoint(p.X, p.Y)));
        return line;
    }

    static LinearAxis Axis(AxisPosition position, string? title, IEnumerable<double> values)
    {
        var (least, most) = (values.DefaultIfEmpty(0).Min(), values.DefaultIfEmpty(1).Max());
        return new LinearAxis
        {
            Position = position,
            Title = title,
            AxislineColor = PlotTheme.Ink,
            TicklineColor = PlotTheme.Ink,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = PlotTheme.Grid,
            MinorTickSize = 0,
            MinimumPadding = 0.02,
            MaximumPadding = 0.04,
            LabelFormatter = x => Label(x, Math.Max(Math.Abs(least), Math.Abs(most))),
        };
    }

    /// <summary>A short label, which leaves more width for the plot: 5k for 5000, 0.002, 1e-4.</summary>
    static string Label(double x, double largest) => largest switch
    {
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{x / 1e6:0.##}M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{x / 1e3:0.##}k"),
        < 1e-2 and > 0 => Math.Abs(x) < largest * 1e-9 ? "0" : x.ToString("0.##e0", CultureInfo.InvariantCulture),
        _ => x.ToString("0.######", CultureInfo.InvariantCulture),
    };
}
