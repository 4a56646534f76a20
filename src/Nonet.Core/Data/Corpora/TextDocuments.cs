using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Splits a text file into documents while reading it. At most a few million characters are in memory.</summary>
static class TextDocuments
{
    const int MostOfDocument = 1 << 20, MostOfBook = 1 << 24, Chunk = 1 << 16;

    public static IEnumerable<string> Read(string path, Stream stream, DataSource source, Action<long>? position = null)
    {
        var most = source.Documents == DocumentCut.Chapters ? MostOfBook : MostOfDocument;
        var (any, bytes) = (false, 0L);
        foreach (var piece in Pieces(new Utf8Text(path, stream), source.Separator, most, Told))
        {
            foreach (var document in source.Documents == DocumentCut.Chapters ? Chapters.Split(piece) : [piece])
            {
                if (string.IsNullOrWhiteSpace(document))
                    continue;
                any = true;
                yield return document;
            }
        }
        if (!any)
            throw new MalformedFileException(path, bytes == 0 ? "an empty file" : "nothing but blanks", "text");

        void Told(long n)
        {
            bytes = n;
            position?.Invoke(n);
        }
    }

    /// <summary>The text between separators, in pieces of at most a given number of characters.</summary>
    static IEnumerable<string> Pieces(Utf8Text text, string? separator, int most, Action<long> position)
    {
        var buffer = new char[Math.Min(most, MostOfDocument) + 2 * Chunk];
        var (filled, searched) = (0, 0);
        while (true)
        {
            if (buffer.Length - filled < Chunk)
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, most + 2L * Chunk));
            var read = text.Read(buffer.AsSpan(filled));
            position(text.Offset);
            filled += read;
            var start = 0;
            while (separator is not null && buffer.AsSpan(searched, filled - searched).IndexOf(separator, StringComparison.Ordinal) is >= 0 and var at)
            {
                yield return new string(buffer, start, searched + at - start);
                start = searched = searched + at + separator.Length;
            }
            while (filled - start > most)
            {
                var length = EndOfParagraph(buffer.AsSpan(start, most));
                yield return new string(buffer, start, length);
                start += length;
            }
            if (read == 0)
            {
                if (filled > start)
                    yield return new string(buffer, start, filled - start);
                yield break;
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            searched = separator is null ? 0 : Math.Max(0, filled - separator.Length + 1);
        }
    }

    /// <summary>
    /// Position at which to split a text that continues: after a paragraph that ends in its second half, otherwise after a line, otherwise
    /// at its end, but never inside a surrogate pair.
    /// </summary>
    public static int EndOfParagraph(ReadOnlySpan<char> text)
    {
        if (text.LastIndexOf("\n\n") is var paragraph && paragraph >= text.Length / 2)
            return paragraph + 2;
        if (text.LastIndexOf('\n') is var line && line >= text.Length / 2)
            return line + 1;
        return char.IsHighSurrogate(text[^1]) && text.Length > 1 ? text.Length - 1 : text.Length;
    }
}
