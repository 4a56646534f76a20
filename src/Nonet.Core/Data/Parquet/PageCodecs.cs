using System.Buffers.Binary;
using System.IO.Compression;

namespace Nonet.Data.Parquet;

/// <summary>Decompresses pages. It allocates the size that the page claims, which has been checked.</summary>
static class PageCodecs
{
    const int Plain = 0, Snappy = 1, Gzip = 2, Brotli = 4, Zstd = 6, Lz4 = 7;

    /// <exception cref="InvalidDataException">The bytes are invalid.</exception>
    public static byte[] Unpack(int codec, ReadOnlySpan<byte> packed, int size)
    {
        if (codec == Plain)
            return packed.Length == size ? packed.ToArray() : throw Short(packed.Length, size);
        var most = codec switch { Snappy => 64, Lz4 => 256, Gzip => 1100, _ => 40_000 }; // largest expansion of a byte in each format
        if (size > ((long)most * packed.Length) + 64)
            throw new InvalidDataException($"a page of {packed.Length} bytes that should become {size}");
        var content = new byte[size];
        var got = codec switch
        {
            Snappy => UnpackSnappy(packed, content),
            Gzip => Read(new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress), content),
            Brotli => BrotliDecoder.TryDecompress(packed, content, out var written) ? written : throw Broken(),
            Zstd => UnpackZstd(packed, content),
            Lz4 => UnpackLz4(packed, content),
            _ => throw new InvalidDataException(
                $"pages packed as {(codec == 3 ? "LZO" : "LZ4 of the old kind")}; expected Snappy, gzip, Brotli, Zstandard, LZ4 or none"),
        };
        return got == size ? content : throw Short(got, size);
    }

    static InvalidDataException Short(long got, int size) => new($"a page of {got} bytes that should be {size}");

    static int Read(Stream unpacked, byte[] content)
    {
        using (unpacked)
        {
            var got = unpacked.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return unpacked.ReadByte() < 0 ? got : throw new InvalidDataException($"a page that is longer than the {content.Length} bytes that it should be");
        }
    }

    static int UnpackZstd(ReadOnlySpan<byte> packed, byte[] content)
    {
        using var decompressor = new ZstdSharp.Decompressor();
        try
        {
            return decompressor.Unwrap(packed, content);
        }
        catch (ZstdSharp.ZstdException e)
        {
            throw new InvalidDataException($"a page that Zstandard cannot unpack ({e.Message})", e);
        }
    }

    /// <summary>https://github.com/google/snappy/blob/main/format_description.txt</summary>
    static int UnpackSnappy(ReadOnlySpan<byte> packed, byte[] content)
    {
        var (at, to, length, shift) = (0, 0, 0UL, 0);
        while (true)
        {
            if (at == packed.Length || shift > 28)
                throw Broken();
            length |= (ulong)(packed[at] & 127) << shift;
            shift += 7;
            if (packed[at++] < 128)
                break;
        }
        if (length != (ulong)content.Length)
            throw Short((long)length, content.Length);
        while (at < packed.Length)
        {
            var tag = packed[at++];
            var (kind, count) = (tag & 3, (tag >> 2) + 1);
            if (kind == 0)
            {
                if (count > 60)
                {
                    var bytes = count - 60;
                    count = (int)Math.Min(int.MaxValue - 1L, Number(packed, ref at, bytes)) + 1;
                }
                Copy(packed, ref at, content, ref to, count);
                continue;
            }
            var back = kind == 1 ? ((tag >> 5) << 8) | (int)Number(packed, ref at, 1) : (int)Math.Min(int.MaxValue, Number(packed, ref at, kind == 2 ? 2 : 4));
            Repeat(content, ref to, back, kind == 1 ? ((tag >> 2) & 7) + 4 : count);
        }
        return to;
    }

    /// <summary>https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md</summary>
    static int UnpackLz4(ReadOnlySpan<byte> packed, byte[] content)
    {
        var (at, to) = (0, 0);
        while (at < packed.Length)
        {
            var token = packed[at++];
            Copy(packed, ref at, content, ref to, Lz4Length(packed, ref at, token >> 4));
            if (at == packed.Length)
                break;
            var back = (int)Number(packed, ref at, 2);
            Repeat(content, ref to, back, Lz4Length(packed, ref at, token & 15) + 4);
        }
        return to;
    }

    static int Lz4Length(ReadOnlySpan<byte> packed, ref int at, int length)
    {
        for (var more = length == 15 ? 255 : 0; more == 255; length += more)
        {
            more = (int)Number(packed, ref at, 1);
            if (length > 1 << 30)
                throw Broken();
        }
        return length;
    }

    static long Number(ReadOnlySpan<byte> packed, ref int at, int bytes)
    {
        if (packed.Length - at < bytes)
            throw Broken();
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        packed.Slice(at, bytes).CopyTo(number);
        at += bytes;
        return BinaryPrimitives.ReadInt64LittleEndian(number);
    }

    static void Copy(ReadOnlySpan<byte> packed, ref int at, byte[] content, ref int to, int count)
    {
        if (count > packed.Length - at || count > content.Length - to)
            throw Broken();
        packed.Slice(at, count).CopyTo(content.AsSpan(to));
        (at, to) = (at + count, to + count);
    }

    /// <summary>Repeats decompressed bytes. Source and destination may overlap.</summary>
    static void Repeat(byte[] content, ref int to, int back, int count)
    {
        if (back <= 0 || back > to || count > content.Length - to)
            throw Broken();
        for (; count > 0; count--, to++)
            content[to] = content[to - back];
    }

    static InvalidDataException Broken() => new("a page that cannot be unpacked");
}
