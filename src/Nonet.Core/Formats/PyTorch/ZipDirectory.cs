using System.Buffers.Binary;
using System.Text;
using Nonet.Files;

namespace Nonet.Formats.PyTorch;

/// <summary>
/// Finds the entries of a zip archive. Only uncompressed entries are supported: torch.save writes them, and they can be mapped. PKWARE
/// APPNOTE 6.3, sections 4.3 and 4.5.3 (zip64).
/// </summary>
static class ZipDirectory
{
    const uint EndMark = 0x06054b50, End64Mark = 0x06064b50, Locator64Mark = 0x07064b50, EntryMark = 0x02014b50, LocalMark = 0x04034b50;

    public readonly record struct Entry(string Name, long Start, long Bytes);

    public static Dictionary<string, Entry> Read(MappedFile file)
    {
        var (count, start, bytes) = FindDirectory(file);
        if (start < 0 || bytes < 0 || start > file.Length - bytes || count > bytes / 46)
            throw Wrong(file, $"a directory of {count} entries in {bytes} bytes at byte {start}", "one within the file");
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        for (var (i, at) = (0L, start); i < count; i++)
        {
            var fixedPart = Slice(file, at, 46);
            if (U32(fixedPart, 0) != EntryMark)
                throw Wrong(file, $"no entry {i} of the archive's directory at byte {at}", "one");
            var (flags, method) = (U16(fixedPart, 8), U16(fixedPart, 10));
            long compressed = U32(fixedPart, 20), size = U32(fixedPart, 24), local = U32(fixedPart, 42);
            var (nameBytes, extraBytes, commentBytes) = (U16(fixedPart, 28), U16(fixedPart, 30), U16(fixedPart, 32));
            var name = Encoding.UTF8.GetString(Slice(file, at + 46, nameBytes));
            Zip64(Slice(file, at + 46 + nameBytes, extraBytes), ref size, ref compressed, ref local);
            if (method != 0 || (flags & 1) != 0)
                throw Wrong(file, $"entry '{name}' that is {(method == 0 ? "encrypted" : $"compressed (method {method})")}",
                    "uncompressed entries, as torch.save writes them");
            if (compressed != size)
                throw Wrong(file, $"entry '{name}' of {size} bytes in {compressed}", "equal numbers in a stored entry");
            var header = Slice(file, local, 30);
            if (U32(header, 0) != LocalMark)
                throw Wrong(file, $"no header of entry '{name}' at byte {local}", "one");
            var data = local + 30 + U16(header, 26) + U16(header, 28);
            if (size < 0 || data > file.Length - size)
                throw Wrong(file, $"entry '{name}' of {size} bytes at byte {data}", $"all of it within the file's {file.Length}");
            if (!entries.TryAdd(name, new Entry(name, data, size)))
                throw Wrong(file, $"two entries '{name}'", "each name once");
            at += 46 + nameBytes + extraBytes + commentBytes;
        }
        return entries;
    }

    static (long Count, long Start, long Bytes) FindDirectory(MappedFile file)
    {
        for (var at = file.Length - 22; at >= Math.Max(0, file.Length - 22 - ushort.MaxValue); at--)
        {
            var end = file.Slice(at, 22);
            if (U32(end, 0) != EndMark)
                continue;
            long count = U16(end, 10), bytes = U32(end, 12), start = U32(end, 16);
            if (at >= 20 && file.Slice(at - 20, 20) is var locator && U32(locator, 0) == Locator64Mark)
            {
                var end64 = Slice(file, (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]), long.MaxValue), 56);
                if (U32(end64, 0) != End64Mark)
                    throw Wrong(file, "no zip64 end of directory where its locator points", "one");
                (count, bytes, start) = (I64(end64, 32), I64(end64, 40), I64(end64, 48));
            }
            return count >= 0 ? (count, start, bytes) : throw Wrong(file, $"a directory of {count} entries", "at least 0");
        }
        throw Wrong(file, "no end of a zip directory", "a file of torch.save from version 1.6 on; is it truncated, or older?");
    }

    /// <summary>Reads field 1 of the extra data: the numbers that do not fit in 32 bits, in this order.</summary>
    static void Zip64(ReadOnlySpan<byte> extra, ref long size, ref long compressed, ref long local)
    {
        while (extra.Length >= 4)
        {
            var (id, length) = (U16(extra, 0), U16(extra, 2));
            var field = extra[4..];
            if (length > field.Length)
                return;
            field = field[..length];
            extra = extra[(4 + length)..];
            if (id != 1)
                continue;
            size = Take(ref field, size);
            compressed = Take(ref field, compressed);
            local = Take(ref field, local);
        }

        static long Take(ref ReadOnlySpan<byte> field, long narrow)
        {
            if (narrow != uint.MaxValue || field.Length < 8)
                return narrow;
            var wide = I64(field, 0);
            field = field[8..];
            return wide;
        }
    }

    static ReadOnlySpan<byte> Slice(MappedFile file, long start, int count) =>
        start >= 0 && start <= file.Length - count ? file.Slice(start, count)
        : throw Wrong(file, $"a part of {count} bytes at byte {start}", $"all of it within the file's {file.Length}");

    static ushort U16(ReadOnlySpan<byte> x, int at) => BinaryPrimitives.ReadUInt16LittleEndian(x[at..]);
    static uint U32(ReadOnlySpan<byte> x, int at) => BinaryPrimitives.ReadUInt32LittleEndian(x[at..]);
    static long I64(ReadOnlySpan<byte> x, int at) => BinaryPrimitives.ReadInt64LittleEndian(x[at..]);
    static MalformedFileException Wrong(MappedFile file, string found, string expected) => new(file.FilePath, found, expected);
}
