using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Cuts a text file into documents as it is read: at most a few million characters are held.</summary>
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

    /// <summary>What stands between separators, and of that no more at once than some number of characters.</summary>
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

    /// <summary>Where to cut a text that goes on: after a paragraph that ends in its second half, else after a line, else at its end, but not inside a pair of surrogates.</summary>
    public static int EndOfParagraph(ReadOnlySpan<char> text)
    {
        if (text.LastIndexOf("\n\n") is var paragraph && paragraph >= text.Length / 2)
            return paragraph + 2;
        if (text.LastIndexOf('\n') is var line && line >= text.Length / 2)
            return line + 1;
        return char.IsHighSurrogate(text[^1]) && text.Length > 1 ? text.Length - 1 : text.Length;
    }
}
