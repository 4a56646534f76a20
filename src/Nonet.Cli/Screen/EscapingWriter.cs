using System.Text;

namespace Nonet.Cli.Screen;

/// <summary>Writes what may reach a terminal: each text goes through <see cref="Printable"/>, and above the status line while one is shown.</summary>
/// <param name="inner">Where the text goes.</param>
/// <param name="status">The last line of the same screen; null: there is none.</param>
sealed class EscapingWriter(TextWriter inner, StatusLine? status = null) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine() => Write("\n");

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void Write(ReadOnlySpan<char> buffer)
    {
        var text = Printable.Of(buffer);
        if (status is null)
            inner.Write(text);
        else
            status.WriteAbove(text);
    }

    public override void Flush() => inner.Flush();
}
