namespace Nonet.Cli;

/// <summary>A table with columns as wide as their longest cell and two spaces between them, for people and for other programs.</summary>
sealed class TextTable(params string[] head)
{
    const int Gap = 2;

    readonly List<string[]> rows = [head];

    public void Add(params string[] cells) =>
        rows.Add(cells.Length == head.Length ? [.. cells.Select(Printable.Line)]
        : throw new ArgumentException($"{cells.Length} cells for {head.Length} columns"));

    /// <param name="output">Receives the table.</param>
    /// <param name="width">Number of columns of the screen; null: lines of any length.</param>
    /// <param name="shrinks">
    /// Table columns whose cells are truncated if a row is too long for the screen, each with its minimum number of characters, in this order.
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
