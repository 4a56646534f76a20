using System.Text;
using Nonet.Files;

namespace Nonet.Data.Corpora;

/// <summary>Converts a text file of any encoding to UTF-8. UTF-8 itself passes unchecked; its reader reports invalid bytes.</summary>
static class Utf8Stream
{
    /// <summary>Advice for a byte that is not UTF-8.</summary>
    public const string Remedy = "text in UTF-8, or in UTF-16 with a byte-order mark; for other text give --encoding (encoding in a recipe's data): "
        + "latin-1, windows-1252, utf-16le or utf-16be, or convert the file";

    /// <param name="path">Path for error messages.</param>
    /// <param name="content">Bytes of the file. The result disposes of it.</param>
    /// <param name="encoding">Encoding of the bytes.</param>
    public static Stream Of(string path, Stream content, TextEncoding encoding)
    {
        var start = new byte[4];
        var length = encoding == TextEncoding.Auto ? content.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) : 0;
        var begun = new Prefixed(start.AsMemory(0, length), content);
        Encoding? found = encoding switch
        {
            TextEncoding.Auto => OfMark(start.AsSpan(0, length)),
            TextEncoding.Utf16LittleEndian => new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true),
            TextEncoding.Utf16BigEndian => new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true),
            TextEncoding.Latin1 => Encoding.Latin1,
            _ => CodePagesEncodingProvider.Instance.GetEncoding(1252)!,
        };
        return found is null ? begun
            : new Named(path, found.WebName, Encoding.CreateTranscodingStream(begun, found, new UTF8Encoding(false, throwOnInvalidBytes: true)));
    }

    /// <summary>Encoding of the byte-order mark; null for UTF-8's mark or none.</summary>
    static Encoding? OfMark(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, 0, 0] => new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        [0, 0, 0xFE, 0xFF] => new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        _ => null,
    };

    /// <summary>A stream that can only be read from start to end.</summary>
    abstract class Forward : Stream
    {
        public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public sealed override bool CanRead => true;
        public sealed override bool CanSeek => false;
        public sealed override bool CanWrite => false;
        public sealed override long Length => throw new NotSupportedException();
        public sealed override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public sealed override void Flush() { }
        public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public sealed override void SetLength(long value) => throw new NotSupportedException();
        public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>Bytes that were read already, followed by the rest.</summary>
    sealed class Prefixed(ReadOnlyMemory<byte> start, Stream rest) : Forward
    {
        public override int Read(Span<byte> buffer)
        {
            if (start.IsEmpty)
                return rest.Read(buffer);
            var count = Math.Min(buffer.Length, start.Length);
            start.Span[..count].CopyTo(buffer);
            start = start[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            rest.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Adds the file's name to the exceptions of a conversion.</summary>
    sealed class Named(string path, string encoding, Stream converted) : Forward
    {
        long length;

        public override int Read(Span<byte> buffer)
        {
            try
            {
                var read = converted.Read(buffer);
                length += read;
                return read;
            }
            catch (DecoderFallbackException e)
            {
                var bytes = Convert.ToHexString(e.BytesUnknown ?? []);
                throw new MalformedFileException(path, $"bytes 0x{bytes} after {length} bytes of text, which are not {encoding.ToUpperInvariant()}", Remedy, e);
            }
        }

        protected override void Dispose(bool disposing)
        {
            converted.Dispose();
            base.Dispose(disposing);
        }
    }
}
