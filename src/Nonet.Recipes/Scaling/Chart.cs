namespace Nonet.Recipes.Scaling;

/// <summary>How a series is drawn.</summary>
enum ChartStyle
{
    Dots,
    Rings,
    Crosses,
    Line,
    Dashes,
    Faint,
}

/// <summary>Points or a line.</summary>
/// <param name="Name">In the legend; null keeps it out.</param>
/// <param name="Style">How it is drawn.</param>
/// <param name="Colour">Number of the colour; negative: that of the ink.</param>
/// <param name="Points">In the units of the axes.</param>
sealed record ChartSeries(string? Name, ChartStyle Style, int Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>An area between two lines: an interval.</summary>
sealed record ChartBand(int Colour, IReadOnlyList<(double X, double Low, double High)> Points);

/// <summary>An axis.</summary>
/// <param name="Title">What it shows, with its unit.</param>
/// <param name="Logarithmic">Powers of ten at equal distances.</param>
sealed record ChartAxis(string Title, bool Logarithmic = true);

/// <summary>A picture of runs and laws.</summary>
sealed record Chart(string Id, string Title, ChartAxis X, ChartAxis Y)
{
    public IReadOnlyList<ChartBand> Bands { get; init; } = [];
    public required IReadOnlyList<ChartSeries> Series { get; init; }
}
