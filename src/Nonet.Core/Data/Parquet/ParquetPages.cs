using System.Numerics;

namespace Nonet.Data.Parquet;

/// <summary>A cell of a column: a value, or the levels that stand for a missing value (Melnik et al. 2010, Dremel, section 4).</summary>
/// <param name="Repetition">Level of the list that the cell continues; 0 begins a row.</param>
/// <param name="Definition">Number of optional and repeated fields on the path to the value that are present.</param>
/// <param name="Text">The value as text; null if it is missing.</param>
readonly record struct ParquetCell(int Repetition, int Definition, string? Text);

/// <summary>
/// Reads the texts of a column, or its numbers as texts, page by page. At most one page and one dictionary are in memory. Invalid data
/// throws an <see cref="InvalidDataException"/>.
/// </summary>
sealed class ParquetPages(ParquetFile file, ParquetColumn column)
{
    const int MostOfDictionary = 1 << 26, DataPage = 0, Dictionary = 2, DataPage2 = 3, Levels = 3;

    /// <summary>
    /// Limits of the number of rows, per byte of a column and in addition. A column beyond them is refused: runs of one value take no
    /// space.
    /// </summary>
    const long RowsPerByte = 10_000, SpareRows = 10_000_000;

    /// <summary>The same limits for characters: a value in a dictionary may be repeated.</summary>
    const long CharactersPerByte = 4096, SpareCharacters = 1L << 28;

    readonly PageValues decoder = new(column);
    long characters;

    struct Header
    {
        public int Type, Size, PackedSize, Values, Encoding, LevelEncoding, DefinitionBytes, RepetitionBytes;
        public bool Unpacked;
    }

    /// <summary>The cells of a chunk.</summary>
    public IEnumerable<ParquetCell> Read(ParquetChunk chunk)
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
            if (header.PackedSize < 0 || header.PackedSize > end - at || header.Size is < 0 or > PageValues.MostOfPage)
                throw new InvalidDataException($"a page of {header.Size} bytes, packed into {header.PackedSize}; at most {PageValues.MostOfPage} are allowed");
            var packed = new byte[header.PackedSize];
            file.Read(at, packed);
            at += packed.Length;
            if (header.Type == Dictionary)
            {
                if (dictionary is not null || header.Size > MostOfDictionary)
                    throw new InvalidDataException(
                        dictionary is not null ? "a second dictionary" : $"a dictionary of {header.Size} bytes; at most {MostOfDictionary} are allowed");
                dictionary = [.. decoder.Plain(new PageBytes(PageCodecs.Unpack(chunk.Codec, packed, header.Size)), header.Values)];
                continue;
            }
            if (header.Type is not (DataPage or DataPage2))
                continue;
            if (header.Values < 0 || header.Values > left)
                throw new InvalidDataException($"a page of {header.Values} values where {left} are left");
            left -= header.Values;
            foreach (var cell in Page(chunk, header, packed, dictionary))
                yield return cell;
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

    IEnumerable<ParquetCell> Page(ParquetChunk chunk, Header header, byte[] packed, string[]? dictionary)
    {
        PageBytes content;
        RunLengths? definitions, repetitions;
        if (header.Type == DataPage2)
        {
            var levels = (long)header.DefinitionBytes + header.RepetitionBytes;
            if (header.DefinitionBytes < 0 || header.RepetitionBytes < 0 || levels > Math.Min(packed.Length, header.Size))
                throw new InvalidDataException("levels that are longer than their page");
            var rest = packed.AsSpan((int)levels);
            var size = header.Size - (int)levels;
            content = new PageBytes(header.Unpacked ? rest.ToArray() : size == 0 ? [] : PageCodecs.Unpack(chunk.Codec, rest, size));
            repetitions = LevelsOf(column.Repetition, () => new PageBytes(packed, 0, header.RepetitionBytes));
            definitions = LevelsOf(column.Definition, () => new PageBytes(packed, header.RepetitionBytes, (int)levels));
        }
        else
        {
            content = new PageBytes(PageCodecs.Unpack(chunk.Codec, packed, header.Size));
            if (column.Definition + column.Repetition > 0 && header.LevelEncoding != Levels)
                throw new InvalidDataException($"levels in the old encoding {header.LevelEncoding}");
            repetitions = LevelsOf(column.Repetition, () => content.Take(content.Integer()));
            definitions = LevelsOf(column.Definition, () => content.Take(content.Integer()));
        }
        using var values = decoder.Read(header.Encoding, content, dictionary).GetEnumerator();
        for (var i = 0; i < header.Values; i++)
        {
            var (repetition, definition) = (Level(repetitions, column.Repetition), definitions is null ? 0 : Level(definitions, column.Definition));
            yield return new ParquetCell(repetition, definition, definition < column.Definition ? null
                : Counted(values.MoveNext() ? values.Current : throw new InvalidDataException("a page with fewer values than it says")));
        }
    }

    static RunLengths? LevelsOf(int most, Func<PageBytes> bytes) => most == 0 ? null : new RunLengths(bytes(), BitOperations.Log2((uint)most) + 1);

    static int Level(RunLengths? levels, int most) => levels?.Next() is not { } level ? 0
        : level <= most ? (int)level : throw new InvalidDataException($"a level of {level} where {most} is the highest");

    string Counted(string text)
    {
        characters += text.Length;
        return characters <= (CharactersPerByte * file.Content.Length) + SpareCharacters ? text
            : throw new InvalidDataException($"more than {characters} characters of text from a file of {file.Content.Length} bytes");
    }
}
