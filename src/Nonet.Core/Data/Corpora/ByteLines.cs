using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Lines of a stream as bytes. Only \n ends a line: a lone \r or U+2028 is part of the text.</summary>
static class ByteLines
{
    const int LongestLine = 1 << 28;

    /// <summary>The lines without their \n. Each is valid until the next one is read.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path, Stream stream)
    {
        var buffer = new byte[1 << 18];
        var (start, filled, searched) = (0, 0, 0);
        while (true)
        {
            var end = buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                yield return buffer.AsMemory(start, searched + end - start);
                start = searched = searched + end + 1;
                continue;
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            (start, filled) = (0, filled - start);
            searched = filled;
            if (filled == buffer.Length)
            {
                if (filled >= LongestLine)
                    throw new MalformedFileException(path, $"a line of more than {LongestLine} bytes", "shorter lines");
                Array.Resize(ref buffer, 2 * buffer.Length);
            }
            var read = stream.Read(buffer.AsSpan(filled));
            if (read == 0)
            {
                if (filled > 0)
                    yield return buffer.AsMemory(0, filled);
                yield break;
            }
            filled += read;
        }
    }
}
