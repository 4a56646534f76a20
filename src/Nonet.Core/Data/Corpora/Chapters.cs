using System.Text;
using System.Text.RegularExpressions;

namespace Nonet.Data.Corpora;

/// <summary>Splits a book into chapters. The concatenated pieces are the text.</summary>
public static partial class Chapters
{
    /// <summary>A piece shorter than this, such as a table of contents, is joined with the next piece.</summary>
    const int LeastBytes = 2000;

    /// <summary>
    /// Splits at chapter headings (CHAPTER IV., Chapter 4, BOOK II, ACT I, SCENE 2, ADVENTURE V, VI. A TITLE, ...) after an empty line. A
    /// text with fewer than two headings is split at paragraphs into blocks of about <paramref name="blockBytes"/>.
    /// </summary>
    public static IReadOnlyList<string> Split(string text, int blockBytes = 16384)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, 16);
        var starts = new List<int> { 0 };
        foreach (var match in Heading().EnumerateMatches(text))
        {
            if (Encoding.UTF8.GetByteCount(text.AsSpan(starts[^1], match.Index - starts[^1])) >= LeastBytes)
                starts.Add(match.Index);
        }
        if (starts.Count < 2)
            return Blocks(text, blockBytes);
        if (starts.Count > 1 && Encoding.UTF8.GetByteCount(text.AsSpan(starts[^1])) < LeastBytes)
            starts.RemoveAt(starts.Count - 1);
        return [.. starts.Select((start, i) => text[start..(i + 1 < starts.Count ? starts[i + 1] : text.Length)])];
    }

    /// <summary>
    /// Blocks of at most <paramref name="bytes"/>. A block ends after a paragraph if one ends in its second half, otherwise after a line,
    /// otherwise between any two characters.
    /// </summary>
    static List<string> Blocks(string text, int bytes)
    {
        var blocks = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var length = FittingLength(text.AsSpan(start), bytes);
            if (start + length < text.Length)
                length = TextDocuments.EndOfParagraph(text.AsSpan(start, length));
            blocks.Add(text.Substring(start, length));
            start += length;
        }
        return blocks;
    }

    /// <summary>Number of characters of the longest prefix with at most this many bytes, without splitting a surrogate pair.</summary>
    static int FittingLength(ReadOnlySpan<char> text, int bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                break;
            length += rune.Utf16SequenceLength;
        }
        return length;
    }

    const string AfterEmptyLine = @"(?<=\A|\n[ \t]*\n)[ \t]*";
    const string Number = "(?:[0-9]+|[IVXLCDM]+)";
    const string Capitals = @"(?:CHAPTER|BOOK|PART|VOLUME|ACT|SCENE|ADVENTURE|LETTER|STAVE|CANTO)[ \t]+" + Number + "(?![A-Za-z0-9])";
    const string AloneOnItsLine = @"(?:Chapter|Book|Part|Volume|Act|Scene|Letter|Canto)[ \t]+" + Number + @"\.?[ \t]*(?=\n|\z)";
    const string NumberAndCapitals = @"[IVXLCDM]+\.[ \t]+[A-Z][A-Z '-]{3,}(?=\n)";

    [GeneratedRegex($"{AfterEmptyLine}(?:{Capitals}|{AloneOnItsLine}|{NumberAndCapitals})", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();
}
