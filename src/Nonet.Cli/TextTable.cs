namespace Nonet.Cli;

/// <summary>Rows in columns as wide as their longest cell, two spaces between them: reads well on a screen, and cuts well by other programs.</summary>
sealed class TextTable(params string[] head)
{
    const int Gap = 2;

    readonly List<string[]> rows = [head];

    public void Add(params string[] cells) =>
        rows.Add(cells.Length == head.Length ? [.. cells.Select(Printable.Line)]
        : throw new ArgumentException($"{cells.Length} cells for {head.Length} columns"));

    /// <param name="output">Where the table is written.</param>
    /// <param name="width">Columns of the screen; null: a line may be as long as it likes.</param>
    /// <param name="shrinks">
    /// Where a row is too long for the screen, cells of these columns are cut short, down to so many characters, the first column first.
    /// </param>
    public void Write(TextWriter output, int? width = null, params (int Column, int Least)[] shrinks)
    {
        var widths = head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var (column, least) in shrinks)
        {
            var excess = widths.Sum() + Gap * (widths.Length - 1) - (width ?? int.MaxValue);
            widths[column] = Math.Max(Math.Min(widths[column], least), widths[column] - Math.Max(0, excess));
        }
        foreach (var row in rows)
            output.WriteLine(string.Concat(row.Select((cell, column) => Cut(cell, widths[column]).PadRight(widths[column] + Gap))).TrimEnd());
    }

    static string Cut(string cell, int width) => cell.Length <= width ? cell : cell[..Math.Max(0, width - 1)] + "…";
}
