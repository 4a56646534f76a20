using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Reads UTF-8 text strictly in pieces, without invalid or zero bytes. A byte-order mark is skipped; line ends become \n.</summary>
/// <param name="path">Path for error messages.</param>
/// <param name="stream">The bytes.</param>
sealed class Utf8Text(string path, Stream stream)
{
    readonly byte[] bytes = new byte[1 << 16];
    long offset; // of bytes[0] in the stream
    int filled;
    bool ended, afterReturn;

    /// <summary>Number of bytes read so far.</summary>
    public long Offset => offset + filled;

    /// <summary>Fills part of a buffer, which must have room for 64 K characters. Returns 0 at the end.</summary>
    public int Read(Span<char> into)
    {
        while (true)
        {
            while (!ended && filled < bytes.Length)
            {
                var got = stream.Read(bytes.AsSpan(filled));
                ended = got == 0;
                if (bytes.AsSpan(filled, got).IndexOf((byte)0) is >= 0 and var zero)
                    throw new MalformedFileException(path,
                        $"a zero byte at offset {offset + filled + zero}: a binary file, or UTF-16 without a byte-order mark", Utf8Stream.Remedy);
                filled += got;
            }
            if (filled == 0)
                return 0;
            var start = offset == 0 && bytes.AsSpan(0, filled).StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
            var status = Utf8.ToUtf16(bytes.AsSpan(start, filled - start), into, out var read, out var written, replaceInvalidSequences: false,
                isFinalBlock: ended);
            read += start;
            if (status == OperationStatus.InvalidData)
                throw new MalformedFileException(path, $"byte 0x{bytes[read]:X2} at offset {offset + read}, which is not UTF-8", Utf8Stream.Remedy);
            bytes.AsSpan(read, filled - read).CopyTo(bytes);
            filled -= read;
            offset += read;
            if (WithoutReturns(into[..written]) is > 0 and var length)
                return length;
        }
    }

    /// <summary>Replaces \r\n and lone \r by \n, in place. Returns the new number of characters.</summary>
    int WithoutReturns(Span<char> text)
    {
        if (!afterReturn && !text.Contains('\r'))
            return text.Length;
        var to = 0;
        foreach (var c in text)
        {
            if (c != '\n' || !afterReturn)
                text[to++] = c == '\r' ? '\n' : c;
            afterReturn = c == '\r';
        }
        return to;
    }
}
