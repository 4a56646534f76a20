using System.Text;

namespace Nonet.Cli.Screen;

/// <summary>Writes text that may reach a terminal: it is escaped by <see cref="Printable"/>, and written above the status line if one is shown.</summary>
/// <param name="inner">Receives the text.</param>
/// <param name="status">The status line of the same screen; null if there is none.</param>
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
