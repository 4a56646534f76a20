using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Nonet.Data.Parquet;

/// <summary>
/// Reads the texts of a column, or its numbers as texts, page by page. At most one page and one dictionary are in memory. Invalid data
/// throws an <see cref="InvalidDataException"/>.
/// </summary>
sealed class ParquetPages(ParquetFile file, ParquetColumn column)
{
    const int MostOfPage = 1 << 28, MostOfDictionary = 1 << 26, DataPage = 0, Dictionary = 2, DataPage2 = 3;
    const int PlainValues = 0, OldDictionary = 2, Levels = 3, DeltaNumbers = 5, DeltaLengths = 6, DeltaPrefixes = 7, NewDictionary = 8, ByteStreams = 9;

    /// <summary>
    /// Limits of the number of rows, per byte of a column and in addition. A column beyond them is refused: runs of one value take no
    /// space.
    /// </summary>
    const long RowsPerByte = 10_000, SpareRows = 10_000_000;

    /// <summary>The same limits for characters: a value in a dictionary may be repeated.</summary>
    const long CharactersPerByte = 4096, SpareCharacters = 1L << 28;

    long characters;

    struct Header
    {
        public int Type, Size, PackedSize, Values, Encoding, LevelEncoding, DefinitionBytes, RepetitionBytes;
        public bool Unpacked;
    }

    /// <summary>Texts of a chunk; null for a missing value.</summary>
    public IEnumerable<string?> Read(ParquetChunk chunk)
    {
        if (chunk.Values > (RowsPerByte * chunk.Length) + SpareRows)
            throw new InvalidDataException($"{chunk.Values} rows in {chunk.Length} bytes");
        string[]? dictionary = null;
        var (at, end, left) = (chunk.Start, chunk.Start + chunk.Length, chunk.Values);
        while (left > 0)
        {
            if (at >= end)
                throw new InvalidDataException($"pages that end {left} values too early");
            var header = ReadHeader(at, end, out var length);
            at += length;
            if (header.PackedSize < 0 || header.PackedSize > end - at || header.Size is < 0 or > MostOfPage)
                throw new InvalidDataException($"a page of {header.Size} bytes, packed into {header.PackedSize}; at most {MostOfPage} are allowed");
            var packed = new byte[header.PackedSize];
            file.Read(at, packed);
            at += packed.Length;
            if (header.Type == Dictionary)
            {
                if (dictionary is not null || header.Size > MostOfDictionary)
                    throw new InvalidDataException(
                        dictionary is not null ? "a second dictionary" : $"a dictionary of {header.Size} bytes; at most {MostOfDictionary} are allowed");
                dictionary = [.. Plain(new Bytes(PageCodecs.Unpack(chunk.Codec, packed, header.Size)), header.Values)];
                continue;
            }
            if (header.Type is not (DataPage or DataPage2))
                continue;
            if (header.Values < 0 || header.Values > left)
                throw new InvalidDataException($"a page of {header.Values} values where {left} are left");
            left -= header.Values;
            foreach (var text in Page(chunk, header, packed, dictionary))
                yield return text;
        }
    }

    Header ReadHeader(long at, long end, out int length)
    {
        const int Longest = 1 << 16; // statistics hold two values
        for (var size = 256; ; size *= 8)
        {
            var bytes = new byte[(int)Math.Min(Math.Min(size, Longest), end - at)];
            file.Read(at, bytes);
            try
            {
                return ReadHeader(bytes, out length);
            }
            catch (InvalidDataException) when (bytes.Length == size && size < Longest)
            {
                // the header may be longer
            }
        }
    }

    static Header ReadHeader(ReadOnlySpan<byte> bytes, out int length)
    {
        var reader = new CompactThrift(bytes);
        var header = new Header { Type = -1, LevelEncoding = Levels };
        for (var id = 0; reader.Next(ref id, out var type);)
        {
            switch (id, type)
            {
                case (1, CompactThrift.I32): header.Type = Small(reader.Integer()); break;
                case (2, CompactThrift.I32): header.Size = Small(reader.Integer()); break;
                case (3, CompactThrift.I32): header.PackedSize = Small(reader.Integer()); break;
                case (5 or 7, CompactThrift.Struct):
                    for (var field = 0; reader.Next(ref field, out var inner);)
                    {
                        switch (field, inner)
                        {
                            case (1, CompactThrift.I32): header.Values = Small(reader.Integer()); break;
                            case (2, CompactThrift.I32): header.Encoding = Small(reader.Integer()); break;
                            case (3, CompactThrift.I32): header.LevelEncoding = Small(reader.Integer()); break;
                            default: reader.Skip(inner); break;
                        }
                    }
                    break;
                case (8, CompactThrift.Struct):
                    for (var field = 0; reader.Next(ref field, out var inner);)
                    {
                        switch (field, inner)
                        {
                            case (1, CompactThrift.I32): header.Values = Small(reader.Integer()); break;
                            case (4, CompactThrift.I32): header.Encoding = Small(reader.Integer()); break;
                            case (5, CompactThrift.I32): header.DefinitionBytes = Small(reader.Integer()); break;
                            case (6, CompactThrift.I32): header.RepetitionBytes = Small(reader.Integer()); break;
                            case (7, CompactThrift.False): header.Unpacked = true; break;
                            default: reader.Skip(inner); break;
                        }
                    }
                    break;
                default: reader.Skip(type); break;
            }
        }
        length = reader.At;
        return header;
    }

    static int Small(long n) => n is >= int.MinValue and <= int.MaxValue ? (int)n : throw new InvalidDataException($"the number {n} in a page's header");

    IEnumerable<string?> Page(ParquetChunk chunk, Header header, byte[] packed, string[]? dictionary)
    {
        Bytes content;
        RunLengths? definitions = null;
        if (header.Type == DataPage2)
        {
            var levels = (long)header.DefinitionBytes + header.RepetitionBytes;
            if (header.DefinitionBytes < 0 || header.RepetitionBytes < 0 || levels > Math.Min(packed.Length, header.Size))
                throw new InvalidDataException("levels that are longer than their page");
            var rest = packed.AsSpan((int)levels);
            content = new Bytes(header.Unpacked ? rest.ToArray() : PageCodecs.Unpack(chunk.Codec, rest, header.Size - (int)levels));
            if (column.IsOptional)
                definitions = new RunLengths(new Bytes(packed, header.RepetitionBytes, (int)levels), 1);
        }
        else
        {
            content = new Bytes(PageCodecs.Unpack(chunk.Codec, packed, header.Size));
            if (column.IsOptional)
            {
                if (header.LevelEncoding != Levels)
                    throw new InvalidDataException($"levels in the old encoding {header.LevelEncoding}");
                definitions = new RunLengths(content.Part(content.Integer()), 1);
            }
        }
        using var values = Values(header.Encoding, content, dictionary).GetEnumerator();
        for (var i = 0; i < header.Values; i++)
        {
            if (definitions is not null && definitions.Next() == 0)
                yield return null;
            else
                yield return Counted(values.MoveNext() ? values.Current : throw new InvalidDataException("a page with fewer values than it says"));
        }
    }

    string Counted(string text)
    {
        characters += text.Length;
        return characters <= (CharactersPerByte * file.Content.Length) + SpareCharacters ? text
            : throw new InvalidDataException($"more than {characters} characters of text from a file of {file.Content.Length} bytes");
    }

    IEnumerable<string> Values(int encoding, Bytes content, string[]? dictionary) => encoding switch
    {
        PlainValues => Plain(content, int.MaxValue), // as many as the levels ask for
        OldDictionary or NewDictionary => Indexed(content, dictionary ?? throw new InvalidDataException("indices into a missing dictionary")),
        DeltaLengths when column.IsText => WithLengths(content, Lengths(content)),
        DeltaPrefixes when column.IsText => WithPrefixes(content),
        DeltaNumbers when column.IsNumber => Deltas(content).Select(Number),
        ByteStreams when column.IsNumber => FromStreams(content),
        _ => throw new InvalidDataException($"{column.Type} in the encoding {encoding}, which is not for {column.Type}"),
    };

    IEnumerable<string> Plain(Bytes content, int count)
    {
        for (; count > 0 && !content.IsEmpty; count--)
            yield return column.IsText ? Text(content.Take(content.Integer())) : Number(content.Take(Width).Span);
    }

    int Width => column.Values is ParquetValues.Int32 or ParquetValues.UInt32 or ParquetValues.Single ? 4 : 8;

    string Number(ReadOnlySpan<byte> bytes) => column.Values switch
    {
        ParquetValues.Single => BinaryPrimitives.ReadSingleLittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        ParquetValues.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        _ => Number(Width == 4 ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes)),
    };

    string Number(long number) => column.Values switch
    {
        ParquetValues.UInt32 => ((uint)number).ToString(CultureInfo.InvariantCulture),
        ParquetValues.UInt64 => ((ulong)number).ToString(CultureInfo.InvariantCulture),
        ParquetValues.Int32 => ((int)number).ToString(CultureInfo.InvariantCulture),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>First bytes of all numbers, then second bytes, and so on: BYTE_STREAM_SPLIT.</summary>
    IEnumerable<string> FromStreams(Bytes content)
    {
        var (count, number) = (content.Span.Length / Width, new byte[Width]);
        for (var i = 0; i < count; i++)
        {
            for (var b = 0; b < Width; b++)
                number[b] = content[(b * count) + i];
            yield return Number(number);
        }
    }

    static IEnumerable<string> Indexed(Bytes content, string[] dictionary)
    {
        if (content.IsEmpty)
            yield break;
        var width = content.Take(1)[0];
        if (width > 32)
            throw new InvalidDataException($"places of {width} bits");
        for (var places = new RunLengths(content, width); ;)
        {
            var place = places.Next();
            yield return place < (uint)dictionary.Length ? dictionary[place]
                : throw new InvalidDataException($"place {place} of a dictionary of {dictionary.Length}");
        }
    }

    static IEnumerable<string> WithLengths(Bytes content, int[] lengths)
    {
        foreach (var length in lengths)
            yield return Text(content.Take(length));
    }

    static IEnumerable<string> WithPrefixes(Bytes content)
    {
        var (prefixes, lengths) = (Lengths(content), Lengths(content));
        if (prefixes.Length != lengths.Length)
            throw new InvalidDataException($"{prefixes.Length} beginnings of {lengths.Length} values");
        var (last, total) = (Array.Empty<byte>(), 0L);
        for (var i = 0; i < prefixes.Length; i++)
        {
            if (prefixes[i] < 0 || prefixes[i] > last.Length)
                throw new InvalidDataException($"a value that begins with {prefixes[i]} bytes of one of {last.Length}");
            last = [.. last.AsSpan(0, prefixes[i]), .. content.Take(lengths[i]).Span];
            total += last.Length;
            if (total > MostOfPage)
                throw new InvalidDataException($"a page of more than {MostOfPage} bytes");
            yield return Text(new Bytes(last));
        }
    }

    /// <summary>Integers stored as differences: DELTA_BINARY_PACKED.</summary>
    static List<long> Deltas(Bytes content)
    {
        var (block, parts, count) = (content.Unsigned(), content.Unsigned(), content.Unsigned());
        if (block is 0 or > 1 << 20 || parts is 0 or > 512 || block % parts != 0 || block / parts % 8 != 0 || count > MostOfPage / 4)
            throw new InvalidDataException("differences that cannot be read");
        var size = (int)(block / parts);
        var (values, last) = (new List<long>((int)Math.Min(count, 1 << 16)), content.Signed());
        if (count > 0)
            values.Add(last);
        while ((ulong)values.Count < count)
        {
            var least = content.Signed();
            var widths = content.Take((int)parts);
            for (var part = 0; part < (int)parts && (ulong)values.Count < count; part++)
            {
                int width = widths[part];
                if (width > 64)
                    throw new InvalidDataException($"differences of {width} bits");
                var bits = new Bits(content.Take(size / 8 * width), width);
                for (var i = 0; i < size && (ulong)values.Count < count; i++)
                    values.Add(last = unchecked(last + least + (long)bits.Next()));
            }
        }
        return values;
    }

    static int[] Lengths(Bytes content) =>
        [.. Deltas(content).Select(n => n is >= 0 and <= int.MaxValue ? (int)n : throw new InvalidDataException($"a length of {n}"))];

    static string Text(Bytes bytes) =>
        Utf8.IsValid(bytes.Span) ? Encoding.UTF8.GetString(bytes.Span) : throw new InvalidDataException("a value that is not UTF-8");

    /// <summary>Bytes that are read from start to end, never beyond it.</summary>
    sealed class Bytes(byte[] data, int start, int end)
    {
        int at = start;

        public Bytes(byte[] data) : this(data, 0, data.Length) { }

        public bool IsEmpty => at == end;
        public ReadOnlySpan<byte> Span => data.AsSpan(at, end - at);
        public byte this[int index] => data[at + index];

        public Bytes Take(int count)
        {
            if (count < 0 || count > end - at)
                throw new InvalidDataException($"a value of {count} bytes where {end - at} are left in the page");
            at += count;
            return new Bytes(data, at - count, at);
        }

        public Bytes Part(int count) => Take(count);

        public int Integer()
        {
            var bytes = Take(4);
            return BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        }

        public ulong Unsigned()
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var b = Take(1)[0];
                value |= (ulong)(b & 127) << shift;
                if (b < 128)
                    return value;
            }
            throw new InvalidDataException("a number that is too long");
        }

        public long Signed() => Unsigned() is var n ? (long)(n >> 1) ^ -(long)(n & 1) : 0;

        public int NextByte() => at < end ? data[at++] : 0; // the last group may be cut
    }

    /// <summary>Numbers of a fixed number of bits, lowest bits first.</summary>
    sealed class Bits(Bytes bytes, int width)
    {
        UInt128 held;
        int count;

        public ulong Next()
        {
            for (; count < width; count += 8)
                held |= (UInt128)bytes.NextByte() << count;
            var value = (ulong)(held & ((UInt128.One << width) - 1));
            held >>= width;
            count -= width;
            return value;
        }
    }

    /// <summary>Numbers as runs of one value and groups of eight: RLE.</summary>
    sealed class RunLengths(Bytes bytes, int width)
    {
        ulong left;
        uint value;
        Bits? group;

        public uint Next()
        {
            if (left == 0)
                Begin();
            left--;
            return group is null ? value : (uint)group.Next();
        }

        void Begin()
        {
            var head = bytes.Unsigned();
            left = (head & 1) == 0 ? head >> 1 : head >> 1 > (ulong)int.MaxValue / 8 ? 0 : (head >> 1) * 8;
            if (left == 0)
                throw new InvalidDataException("an empty run");
            group = null;
            if ((head & 1) == 1)
            {
                group = new Bits(bytes.Take((int)Math.Min((ulong)bytes.Span.Length, left / 8 * (ulong)width)), width);
                return;
            }
            value = 0;
            for (var (shift, part) = (0, bytes.Take((width + 7) / 8)); shift < width; shift += 8)
                value |= (uint)part.NextByte() << shift;
        }
    }
}
