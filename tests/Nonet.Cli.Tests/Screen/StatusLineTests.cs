using Nonet.Cli.Screen;

namespace Nonet.Cli.Tests.Screen;

/// <summary>The status line on a terminal that shows what it is told.</summary>
public class StatusLineTests
{
    sealed class Shown : IDisposable
    {
        readonly StringWriter output = new();
        readonly ScreenText screen;
        int columns, read;

        public Shown(int columns)
        {
            (this.columns, screen) = (columns, new ScreenText(columns));
            Status = new StatusLine(output, () => this.columns);
        }

        public StatusLine Status { get; }

        public string[] Rows
        {
            get
            {
                screen.Feed(output.ToString()[read..]);
                read = output.ToString().Length;
                return screen.Rows;
            }
        }

        public void Resize(int width)
        {
            _ = Rows;
            screen.Resize(columns = width);
        }

        public void Dispose() => output.Dispose();
    }

    [Fact]
    public void It_stays_at_the_foot_and_leaves_nothing_behind()
    {
        using var shown = new Shown(20);
        shown.Status.WriteAbove("begun\n");
        shown.Status.Show(_ => "step 1");
        Assert.Equal(["begun", "step 1"], shown.Rows);
        shown.Status.WriteAbove("a line\n");
        shown.Status.Show(_ => "2");
        Assert.Equal(["begun", "a line", "2"], shown.Rows);
        shown.Status.WriteAbove("two\nlines\n");
        Assert.Equal(["begun", "a line", "two", "lines", "2"], shown.Rows);
        shown.Status.Clear();
        Assert.Equal(["begun", "a line", "two", "lines"], shown.Rows);
    }

    [Fact]
    public void It_never_wraps_by_itself()
    {
        using var shown = new Shown(10);
        shown.Status.Show(columns => new string('x', columns));
        shown.Status.Show(_ => "longer than the screen");
        Assert.Equal(["longer "], shown.Rows.Select(r => r.PadRight(7))); // three columns are left for ^C
    }

    [Theory]
    [InlineData(12), InlineData(17), InlineData(29), InlineData(80)]
    public void A_terminal_that_is_resized_keeps_no_part_of_it(int width)
    {
        using var shown = new Shown(40);
        shown.Status.WriteAbove("begun\n");
        shown.Status.Show(columns => new string('x', columns));
        shown.Resize(width);
        shown.Status.Show(columns => new string('y', columns));
        Assert.Equal(["begun", new string('y', width - 3)], shown.Rows);
        shown.Resize(40);
        shown.Status.WriteAbove("more\n");
        Assert.Equal(["begun", "more", new string('y', 37)], shown.Rows);
        shown.Status.Clear();
        Assert.Equal(["begun", "more"], shown.Rows);
    }
}
