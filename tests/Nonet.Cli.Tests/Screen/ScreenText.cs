using System.Text;

namespace Nonet.Cli.Tests.Screen;

/// <summary>What a terminal shows of some output: as much of one as the program uses. A sequence that it does not know fails the test.</summary>
sealed class ScreenText(int columns)
{
    /// <summary>Rows, and whether each goes on in the next.</summary>
    readonly List<(StringBuilder Text, bool Wrapped)> rows = [(new StringBuilder(), false)];
    int row, column, columns = columns;
    string rest = "";

    /// <summary>The rows without empty ones at the end.</summary>
    public string[] Rows => [.. rows.Select(r => r.Text.ToString().TrimEnd()).Reverse().SkipWhile(text => text.Length == 0).Reverse()];

    public override string ToString() => string.Join('\n', Rows);

    public void Feed(string output)
    {
        output = rest + output;
        rest = "";
        for (var i = 0; i < output.Length; i++)
        {
            switch (output[i])
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    (row, column) = (row + 1, 0);
                    if (row == rows.Count)
                        rows.Add((new StringBuilder(), false));
                    break;
                case '\e':
                    var end = i + 1; // ESC [ parameters letter, or ESC and one character
                    while (end < output.Length && (end == i + 1 ? output[end] == '[' : !char.IsAsciiLetter(output[end])))
                        end++;
                    if (end >= output.Length)
                    {
                        rest = output[i..];
                        return;
                    }
                    Obey(output[(i + 1)..(end + 1)]);
                    i = end;
                    break;
                case var c:
                    Assert.False(char.IsControl(c) && c != '\t', $"\\u{(int)c:x4} reaches the terminal");
                    Put(c);
                    break;
            }
        }
    }

    /// <summary>Wraps the lines anew, as today's terminals do.</summary>
    public void Resize(int width)
    {
        var lines = new List<StringBuilder>();
        var (line, at) = (0, 0);
        for (var r = 0; r < rows.Count; r++)
        {
            if (r == 0 || !rows[r - 1].Wrapped)
                lines.Add(new StringBuilder());
            if (r == row)
                (line, at) = (lines.Count - 1, lines[^1].Length + column);
            lines[^1].Append(rows[r].Text);
        }
        columns = width;
        rows.Clear();
        for (var i = 0; i < lines.Count; i++)
        {
            var first = rows.Count;
            for (var from = 0; from == 0 || from < lines[i].Length; from += columns)
                rows.Add((new StringBuilder(lines[i].ToString(from, Math.Min(columns, lines[i].Length - from))), from + columns < lines[i].Length));
            if (i == line)
                (row, column) = (Math.Min(first + at / columns, rows.Count - 1), at % columns);
        }
    }

    void Put(char c)
    {
        if (column == columns)
        {
            rows[row] = (rows[row].Text, true);
            (row, column) = (row + 1, 0);
            if (row == rows.Count)
                rows.Add((new StringBuilder(), false));
        }
        var text = rows[row].Text;
        while (text.Length <= column)
            text.Append(' ');
        text[column++] = c;
    }

    void Obey(string sequence)
    {
        if (sequence is "[?1h" or "=" or "[?1l" or ">")
            return; // .NET sets the terminal's keypad, and sets it back
        if (sequence is "[J")
        {
            rows.RemoveRange(row + 1, rows.Count - row - 1);
            rows[row].Text.Length = Math.Min(rows[row].Text.Length, column);
            rows[row] = (rows[row].Text, false);
        }
        else if (sequence.EndsWith('A') && int.TryParse(sequence[1..^1], out var up))
            row = Math.Max(0, row - up);
        else
            Assert.Fail($"the terminal is told ESC {sequence}");
    }
}
