namespace Nonet.Cli;

/// <summary>Rows in columns as wide as their longest cell, two spaces between them: reads well on a screen, and cuts well by other programs.</summary>
sealed class TextTable(params string[] head)
{
    readonly List<string[]> rows = [head];

    public void Add(params string[] cells) => rows.Add(cells.Length == head.Length ? cells : throw new ArgumentException($"{cells.Length} cells for {head.Length} columns"));

    public void Write(TextWriter output)
    {
        var widths = head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + 2))).TrimEnd());
    }
}
