using System.Text;

namespace Nonet.ToolUse;

/// <summary>Cleans a tool's result for insertion into a text: one line, no control characters, no marks of calls, a bounded length.</summary>
static class ResultText
{
    /// <summary>Number of characters read per character that may be kept. It bounds the time for a result of megabytes.</summary>
    const int Read = 8;

    public static (string Text, bool IsCut, bool IsCleaned) Clean(string text, Func<string, string> removeMarks, int longest)
    {
        var length = (int)Math.Min(text.Length, (long)longest * Read);
        var clean = new StringBuilder(Math.Min(length, longest + 1));
        var (isCleaned, blank) = (false, false);
        foreach (var rune in text.AsSpan(0, length).EnumerateRunes())
        {
            if (clean.Length > longest)
                break;
            var isControl = Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator;
            if (isControl || Rune.IsWhiteSpace(rune))
            {
                isCleaned |= rune.Value != ' ';
                blank = clean.Length > 0;
                continue;
            }
            isCleaned |= rune == Rune.ReplacementChar;
            if (blank)
                clean.Append(' ');
            blank = false;
            clean.Append(rune);
        }
        var shown = clean.ToString();
        var plain = removeMarks(shown);
        isCleaned |= plain != shown;
        var isCut = plain.Length > longest || length < text.Length;
        if (plain.Length > longest)
            plain = plain[..(longest - (char.IsHighSurrogate(plain[longest - 1]) ? 1 : 0))].TrimEnd();
        return (plain, isCut, isCleaned);
    }
}
