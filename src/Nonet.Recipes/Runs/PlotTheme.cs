using System.Globalization;
using OxyPlot;
using OxyPlot.Legends;

namespace Nonet.Recipes.Runs;

/// <summary>Style of all plots. Every colour contrasts with white and with black, so that a plot fits on either.</summary>
static class PlotTheme
{
    /// <summary>A font whose widths OxyPlot knows. Browsers without it use another.</summary>
    const string Font = "Arial";

    public static readonly OxyColor Ink = OxyColor.FromRgb(0x80, 0x80, 0x80), Grid = OxyColor.FromArgb(0x40, 0x80, 0x80, 0x80);

    static readonly OxyColor[] colours =
    [
        OxyColor.FromRgb(0x2a, 0x7f, 0xd4), OxyColor.FromRgb(0xe0, 0x73, 0x22), OxyColor.FromRgb(0x2b, 0x9a, 0x5b), OxyColor.FromRgb(0xc2, 0x4a, 0x9c),
        OxyColor.FromRgb(0x8a, 0x6f, 0xd1), OxyColor.FromRgb(0xb0, 0x8a, 0x1e), OxyColor.FromRgb(0x1f, 0x9c, 0xa6), OxyColor.FromRgb(0xd0, 0x50, 0x50),
    ];

    public static OxyColor Colour(int i) => colours[i % colours.Length];

    public static PlotModel Model() =>
        new()
        {
            TextColor = Ink,
            PlotAreaBorderColor = Ink,
            PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1),
            DefaultFont = Font,
            DefaultFontSize = 12,
            Padding = new OxyThickness(10, 8, 14, 4)
        };

    public static Legend Legend(LegendPosition position) =>
        new()
        {
            LegendPosition = position,
            LegendMargin = 4,
            LegendPadding = 14,
            LegendLineSpacing = 4,
            LegendTextColor = Ink,
            LegendBackground = OxyColors.Undefined,
            LegendBorder = OxyColors.Undefined
        };

    /// <summary>An svg element.</summary>
    /// <param name="model">Content of the plot.</param>
    /// <param name="id">Distinguishes its inner names from those of other plots on the page.</param>
    /// <param name="width">Width in its own units; the element scales to the available width.</param>
    /// <param name="height">Height in the same units.</param>
    public static string Svg(PlotModel model, string id, double width, double height)
    {
        using var svg = new MemoryStream();
        new SvgExporter { Width = width, Height = height, IsDocument = false }.Export(model, svg);
        var text = System.Text.Encoding.UTF8.GetString(svg.ToArray());
        return text[text.IndexOf("<svg", StringComparison.Ordinal)..] // without the XML declaration, which has no place inside a page
            .Replace("<svg ", string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {width} {height}\" "), StringComparison.Ordinal)
            .Replace($"\"{Font}\"", $"\"{Font}, Helvetica, sans-serif\"", StringComparison.Ordinal)
            .Replace("\"clipPath", $"\"{id}-clip", StringComparison.Ordinal).Replace("#clipPath", $"#{id}-clip", StringComparison.Ordinal);
    }
}
