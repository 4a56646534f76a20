using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Nonet.Recipes;

/// <summary>Curves over steps as SVG. Nothing is filled and every colour stands out from white as from black, so that a plot can lie on either.</summary>
static class Plot
{
    /// <summary>Small enough for a phone without the text becoming unreadable.</summary>
    const double Width = 380, Height = 240;

    /// <summary>One whose widths OxyPlot knows; browsers without it take their own.</summary>
    const string Font = "Arial";

    static readonly OxyColor ink = OxyColor.FromRgb(0x80, 0x80, 0x80), grid = OxyColor.FromArgb(0x40, 0x80, 0x80, 0x80);

    static readonly OxyColor[] colours =
    [
        OxyColor.FromRgb(0x2a, 0x7f, 0xd4), OxyColor.FromRgb(0xe0, 0x73, 0x22), OxyColor.FromRgb(0x2b, 0x9a, 0x5b), OxyColor.FromRgb(0xc2, 0x4a, 0x9c),
        OxyColor.FromRgb(0x8a, 0x6f, 0xd1), OxyColor.FromRgb(0xb0, 0x8a, 0x1e), OxyColor.FromRgb(0x1f, 0x9c, 0xa6), OxyColor.FromRgb(0xd0, 0x50, 0x50),
    ];

    /// <summary>An svg element.</summary>
    /// <param name="id">Sets its inner names apart from those of other plots on a page.</param>
    /// <param name="curves">The lines.</param>
    public static string Svg(string id, params IReadOnlyList<Curve> curves)
    {
        var model = new PlotModel { TextColor = ink, PlotAreaBorderColor = ink, PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1), DefaultFont = Font, DefaultFontSize = 12, Padding = new OxyThickness(10, 8, 14, 4) };
        model.Axes.Add(Axis(AxisPosition.Bottom, "step", curves.SelectMany(c => c.Points).Select(p => p.X)));
        model.Axes.Add(Axis(AxisPosition.Left, null, curves.SelectMany(c => c.Points).Select(p => p.Y)));
        for (var i = 0; i < curves.Count; i++)
            model.Series.Add(Line(curves[i], colours[i % colours.Length]));
        if (curves.Count > 1)
            model.Legends.Add(new Legend { LegendPosition = LegendPosition.RightTop, LegendMargin = 4, LegendPadding = 14, LegendLineSpacing = 4, LegendTextColor = ink, LegendBackground = OxyColors.Undefined, LegendBorder = OxyColors.Undefined });
        using var svg = new MemoryStream();
        new SvgExporter { Width = Width, Height = Height, IsDocument = false }.Export(model, svg);
        var text = System.Text.Encoding.UTF8.GetString(svg.ToArray());
        return text[text.IndexOf("<svg", StringComparison.Ordinal)..] // without the XML declaration, which has no place inside a page
            .Replace("<svg ", string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" "), StringComparison.Ordinal)
            .Replace($"\"{Font}\"", $"\"{Font}, Helvetica, sans-serif\"", StringComparison.Ordinal)
            .Replace("\"clipPath", $"\"{id}-clip", StringComparison.Ordinal).Replace("#clipPath", $"#{id}-clip", StringComparison.Ordinal);
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
            AxislineColor = ink,
            TicklineColor = ink,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = grid,
            MinorTickSize = 0,
            MinimumPadding = 0.02,
            MaximumPadding = 0.04,
            LabelFormatter = x => Label(x, Math.Max(Math.Abs(least), Math.Abs(most))),
        };
    }

    /// <summary>5k for 5000, 0.002, 1e-4: short, so that the plot is wide.</summary>
    static string Label(double x, double largest) => largest switch
    {
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{x / 1e6:0.##}M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{x / 1e3:0.##}k"),
        < 1e-2 and > 0 => Math.Abs(x) < largest * 1e-9 ? "0" : x.ToString("0.##e0", CultureInfo.InvariantCulture),
        _ => x.ToString("0.######", CultureInfo.InvariantCulture),
    };
}
