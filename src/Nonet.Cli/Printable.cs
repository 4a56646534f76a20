using System.Buffers;
using System.Text;

namespace Nonet.Cli;

/// <summary>Makes untrusted text safe for a terminal: characters that control the terminal are replaced by \uXXXX.</summary>
static class Printable
{
    /// <summary>Control characters, line separators, and marks that reorder the text around them.</summary>
    static readonly SearchValues<char> obeyed = SearchValues.Create(
    [
        .. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(c => char.IsControl(c) && c is not ('\n' or '\t')),
        '\u061C', '\u2028', '\u2029', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069',
    ]);

    /// <summary>The text with its line feeds and tabs. JSON stays valid, because it has the same escapes.</summary>
    public static string Of(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAny(obeyed) < 0)
            return text.ToString();
        var shown = new StringBuilder();
        for (int at; (at = text.IndexOfAny(obeyed)) >= 0; text = text[(at + 1)..])
            shown.Append(text[..at]).Append($"\\u{(int)text[at]:x4}");
        return shown.Append(text).ToString();
    }

    /// <summary>The text on one line: line feeds and tabs are escaped too.</summary>
    public static string Line(string text) => Of(text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal));
}
