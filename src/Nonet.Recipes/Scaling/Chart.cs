namespace Nonet.Recipes.Scaling;

/// <summary>Style of a series.</summary>
enum ChartStyle
{
    Dots,
    Rings,
    Crosses,
    Line,
    Dashes,
    Faint,
}

/// <summary>A series of points or a line.</summary>
/// <param name="Name">Name in the legend; null: not in the legend.</param>
/// <param name="Style">Style of drawing.</param>
/// <param name="Colour">Number of the colour; negative: the text colour.</param>
/// <param name="Points">Points in the units of the axes.</param>
sealed record ChartSeries(string? Name, ChartStyle Style, int Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>An area between two lines: an interval.</summary>
sealed record ChartBand(int Colour, IReadOnlyList<(double X, double Low, double High)> Points);

/// <summary>An axis.</summary>
/// <param name="Title">Quantity and unit.</param>
/// <param name="Logarithmic">Whether the scale is logarithmic.</param>
sealed record ChartAxis(string Title, bool Logarithmic = true);

/// <summary>A picture of runs and laws.</summary>
sealed record Chart(string Id, string Title, ChartAxis X, ChartAxis Y)
{
    public IReadOnlyList<ChartBand> Bands { get; init; } = [];
    public required IReadOnlyList<ChartSeries> Series { get; init; }
}
