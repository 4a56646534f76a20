using System.Globalization;
using System.Security;
using System.Text;
using Nonet.Models;

namespace Nonet.Inference.Attention;

/// <summary>A heat map of attention weights with a label for each row and column.</summary>
/// <param name="Title">Title above the panel.</param>
/// <param name="Map">Weights of one head, or the mean over heads.</param>
/// <param name="Rows">Label of each query.</param>
/// <param name="Columns">Label of each key.</param>
public sealed record AttentionPanel(string Title, AttentionMap Map, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns);

/// <summary>Draws attention weights as an SVG with several panels. A darker square is a larger weight.</summary>
public static class AttentionPicture
{
    const int Cell = 14, Letter = 7, Gap = 18, TitleHeight = 22, MostWidth = 1400, MostLetters = 16;

    /// <summary>Smaller weights are not drawn, because thousands of invisible squares make a page slow.</summary>
    const double Least = 0.005;

    /// <summary>Draws the SVG document. Each group begins a new row of panels, and a row that is full wraps.</summary>
    public static string Svg(IReadOnlyList<IReadOnlyList<AttentionPanel>> groups)
    {
        var body = new StringBuilder();
        var (top, widest) = (Gap, 0);
        foreach (var group in groups)
        {
            var width = group.Max(Width) + Gap;
            var columns = Math.Max(1, (MostWidth - Gap) / width);
            foreach (var row in group.Chunk(columns))
            {
                for (var i = 0; i < row.Length; i++)
                    Draw(body, row[i], Gap + i * width, top);
                widest = Math.Max(widest, Gap + row.Length * width);
                top += row.Max(Height) + Gap;
            }
        }
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {widest} {top}" width="{widest}" height="{top}"
              font-family="Arial, Helvetica, sans-serif" font-size="11" fill="#222">
            <rect width="100%" height="100%" fill="#fff"/>
            {body}</svg>

            """);
    }

    static int Width(AttentionPanel panel) => Math.Max(LabelWidth(panel.Rows) + Cell * panel.Map.Keys, Letter * panel.Title.Length);

    static int Height(AttentionPanel panel) => TitleHeight + LabelWidth(panel.Columns) + Cell * panel.Map.Queries;

    /// <summary>Width of the longest label and a space after it.</summary>
    static int LabelWidth(IReadOnlyList<string> labels) => Letter * (1 + labels.Max(label => Short(label).Length));

    static void Draw(StringBuilder svg, AttentionPanel panel, int left, int top)
    {
        var (map, x0, y0) = (panel.Map, left + LabelWidth(panel.Rows), top + TitleHeight + LabelWidth(panel.Columns));
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<g transform=\"translate({x0} {y0})\"><text x=\"0\" y=\"{top - y0 + 12}\" font-size=\"13\" font-weight=\"bold\">{Escaped(panel.Title)}</text>");
        for (var i = 0; i < map.Queries; i++)
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"-4\" y=\"{i * Cell + 11}\" text-anchor=\"end\">{Escaped(Short(panel.Rows[i]))}</text>");
        for (var j = 0; j < map.Keys; j++)
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"<text transform=\"translate({j * Cell + 11} -4) rotate(-90)\">{Escaped(Short(panel.Columns[j]))}</text>");
        for (var i = 0; i < map.Queries; i++)
        {
            for (var j = 0; j < map.Keys; j++)
            {
                var weight = map[0, i, j];
                if (weight >= Least)
                {
                    svg.AppendLine(CultureInfo.InvariantCulture,
                        $"<rect x=\"{j * Cell}\" y=\"{i * Cell}\" width=\"{Cell}\" height=\"{Cell}\" fill=\"#0b2e55\" "
                            + $"fill-opacity=\"{weight:0.###}\"><title>{Escaped(panel.Rows[i])} to {Escaped(panel.Columns[j])}: {weight:0.000}</title></rect>");
                }
            }
        }
        svg.AppendLine(CultureInfo.InvariantCulture, $"<rect width=\"{map.Keys * Cell}\" height=\"{map.Queries * Cell}\" fill=\"none\" stroke=\"#888\"/></g>");
    }

    static string Short(string label)
    {
        var elements = StringInfo.ParseCombiningCharacters(label);
        return elements.Length <= MostLetters ? label : label[..elements[MostLetters - 1]] + "…";
    }

    /// <summary>Escapes a text for XML. Characters that XML does not allow become U+FFFD.</summary>
    static string Escaped(string text) => SecurityElement.Escape(string.Concat(text.EnumerateRunes().Select(r =>
        (Rune.IsControl(r) || r.Value is 0xFFFE or 0xFFFF ? Rune.ReplacementChar : r).ToString())))!;
}
