using System.Globalization;
using Nonet.Recipes.Runs;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Nonet.Recipes.Scaling;

/// <summary>Draws charts as SVG.</summary>
static class ChartPlot
{
    const double Width = 520, Height = 320;
    const byte BandOpacity = 0x38;

    /// <summary>Distance of an axis title from its numbers, which browsers draw wider and higher than OxyPlot expects.</summary>
    const double LeftTitleDistance = 16, BottomTitleDistance = 12;

    public static string Svg(Chart chart)
    {
        var model = PlotTheme.Model();
        model.Axes.Add(Axis(AxisPosition.Bottom, chart.X, [.. chart.Series.SelectMany(s => s.Points).Select(p => p.X)]));
        model.Axes.Add(Axis(AxisPosition.Left, chart.Y, [.. chart.Series.SelectMany(s => s.Points).Select(p => p.Y)]));
        foreach (var band in chart.Bands)
            model.Series.Add(Area(band));
        foreach (var series in chart.Series)
            model.Series.Add(series.Style is ChartStyle.Dots or ChartStyle.Rings or ChartStyle.Crosses ? Dots(series) : Line(series));
        if (chart.Series.Count(s => s.Name is not null) > 1)
        {
            var legend = PlotTheme.Legend(LegendPosition.RightTop);
            (legend.LegendPlacement, legend.LegendPadding) = (LegendPlacement.Outside, 4);
            model.Legends.Add(legend);
        }
        return PlotTheme.Svg(model, chart.Id, Width, Height);
    }

    static AreaSeries Area(ChartBand band)
    {
        var area = new AreaSeries
        {
            Color = OxyColors.Transparent,
            Color2 = OxyColors.Transparent,
            Fill = OxyColor.FromAColor(BandOpacity, Colour(band.Colour)),
            StrokeThickness = 0
        };
        area.Points.AddRange(band.Points.Select(p => new DataPoint(p.X, p.Low)));
        area.Points2.AddRange(band.Points.Select(p => new DataPoint(p.X, p.High)));
        return area;
    }

    static ScatterSeries Dots(ChartSeries series)
    {
        var colour = Colour(series.Colour);
        var dots = new ScatterSeries
        {
            Title = Padded(series.Name),
            MarkerSize = series.Style == ChartStyle.Dots ? 2.6 : 4,
            MarkerType = series.Style == ChartStyle.Crosses ? MarkerType.Cross : MarkerType.Circle
        };
        (dots.MarkerFill, dots.MarkerStroke, dots.MarkerStrokeThickness) = series.Style == ChartStyle.Dots ? (colour, colour, 0)
            : (OxyColors.Undefined, colour, 1.6);
        if (series.Style != ChartStyle.Dots)
            dots.MarkerFill = OxyColors.Transparent;
        dots.Points.AddRange(series.Points.Select(p => new ScatterPoint(p.X, p.Y)));
        return dots;
    }

    static LineSeries Line(ChartSeries series)
    {
        var line = new LineSeries
        {
            Title = Padded(series.Name),
            Color = Colour(series.Colour),
            StrokeThickness = series.Style == ChartStyle.Faint ? 0.8 : 1.6,
            LineStyle = series.Style == ChartStyle.Dashes ? LineStyle.Dash : LineStyle.Solid,
            LineJoin = LineJoin.Round
        };
        line.Points.AddRange(series.Points.Select(p => new DataPoint(p.X, p.Y)));
        return line;
    }

    /// <summary>Pads a name with spaces, because a legend truncates texts at their expected width.</summary>
    static string? Padded(string? name) => name is null ? null : name + new string('\u00a0', 2 + name.Length / 2);

    static OxyColor Colour(int number) => number < 0 ? PlotTheme.Ink : PlotTheme.Colour(number);

    static Axis Axis(AxisPosition position, ChartAxis axis, double[] values)
    {
        var (least, most) = (values.DefaultIfEmpty(1).Min(), values.DefaultIfEmpty(10).Max());
        Axis made = axis.Logarithmic ? Logarithmic(Math.Max(least, 1e-300), Math.Max(most, 1e-300))
            : new LinearAxis { MinimumPadding = 0.04, MaximumPadding = 0.06, LabelFormatter = Label };
        (made.Position, made.Title, made.AxisTitleDistance, made.AxislineColor, made.TicklineColor) =
            (position, axis.Title, position == AxisPosition.Left ? LeftTitleDistance : BottomTitleDistance, PlotTheme.Ink, PlotTheme.Ink);
        (made.MajorGridlineStyle, made.MajorGridlineColor, made.MinorTickSize) = (LineStyle.Solid, PlotTheme.Grid, 0);
        return made;
    }

    /// <summary>A logarithmic axis: over several decades with ticks at powers of ten, otherwise with ticks at round numbers.</summary>
    static LogarithmicAxis Logarithmic(double least, double most)
    {
        var room = Math.Pow(most / least, 0.05);
        return new LogarithmicAxis { Minimum = least / room, Maximum = most * room, LabelFormatter = Label, IntervalLength = 55 };
    }

    static string Label(double x) => Math.Abs(x) switch
    {
        0 => "0",
        >= 1e5 or < 1e-3 => x.ToString("0.#e0", CultureInfo.InvariantCulture),
        _ => x.ToString("0.####", CultureInfo.InvariantCulture),
    };
}
