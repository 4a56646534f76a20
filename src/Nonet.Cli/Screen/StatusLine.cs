namespace Nonet.Cli.Screen;

/// <summary>A line at the bottom of a screen that is updated during work. Other text is written above it.</summary>
/// <param name="screen">A terminal that supports the usual control sequences.</param>
/// <param name="width">Returns the current number of columns; the terminal may be resized at any time.</param>
sealed class StatusLine(TextWriter screen, Func<int> width)
{
    const string ToMargin = "\r", EraseBelow = "\e[J";
    const int Margin = 3; // the terminal shows ^C at the cursor

    readonly Lock gate = new();
    Func<int, string>? status;
    int drawn;

    /// <summary>Replaces the text of the line.</summary>
    /// <param name="text">Returns a text that fits into a number of columns.</param>
    public void Show(Func<int, string> text)
    {
        lock (gate)
        {
            status = text;
            Draw(Erased());
        }
    }

    /// <summary>Removes the line.</summary>
    public void Clear()
    {
        lock (gate)
        {
            status = null;
            screen.Write(Erased());
            screen.Flush();
        }
    }

    /// <summary>Writes a text, and shows the status below it once the text has ended its line.</summary>
    public void WriteAbove(string text)
    {
        lock (gate)
        {
            var before = Erased();
            if (status is null || !text.EndsWith('\n'))
            {
                screen.Write(before + text);
                screen.Flush();
            }
            else
                Draw(before + text);
        }
    }

    /// <summary>Redraws the line in a single write, so that the screen does not flicker.</summary>
    void Draw(string before)
    {
        var columns = Math.Max(0, width() - Margin);
        var text = status!(columns);
        text = text.Length <= columns ? text : text[..columns];
        drawn = text.Length;
        screen.Write(before + text);
        screen.Flush();
    }

    /// <summary>Control sequences that erase the line. A terminal that became narrower has wrapped it; the cursor is at its end.</summary>
    string Erased()
    {
        if (drawn == 0)
            return "";
        var above = (drawn - 1) / Math.Max(1, width());
        drawn = 0;
        return ToMargin + (above > 0 ? $"\e[{above}A" : "") + EraseBelow;
    }
}
