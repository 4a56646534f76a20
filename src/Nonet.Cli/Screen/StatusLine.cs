namespace Nonet.Cli.Screen;

/// <summary>The last line of a screen, which is written over as work goes on. Other text is written above it.</summary>
/// <param name="screen">A terminal that knows the usual control sequences.</param>
/// <param name="width">Columns of the terminal now; it may be resized at any time.</param>
sealed class StatusLine(TextWriter screen, Func<int> width)
{
    const string ToMargin = "\r", EraseBelow = "\e[J";
    const int Margin = 3; // the terminal shows ^C where the cursor stands

    readonly Lock gate = new();
    Func<int, string>? status;
    int drawn;

    /// <summary>Shows a text in place of the one before.</summary>
    /// <param name="text">Makes a text of at most so many columns.</param>
    public void Show(Func<int, string> text)
    {
        lock (gate)
        {
            status = text;
            Draw(Erased());
        }
    }

    /// <summary>Takes the line away.</summary>
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

    /// <summary>One write, so that nobody sees the screen without the line.</summary>
    void Draw(string before)
    {
        var columns = Math.Max(0, width() - Margin);
        var text = status!(columns);
        text = text.Length <= columns ? text : text[..columns];
        drawn = text.Length;
        screen.Write(before + text);
        screen.Flush();
    }

    /// <summary>A terminal that has become narrower has wrapped the line, which ends where the cursor stands.</summary>
    string Erased()
    {
        if (drawn == 0)
            return "";
        var above = (drawn - 1) / Math.Max(1, width());
        drawn = 0;
        return ToMargin + (above > 0 ? $"\e[{above}A" : "") + EraseBelow;
    }
}
