using System.Buffers.Binary;
using System.Text;
using Nonet.Files;

namespace Nonet.Data.Parquet;

/// <summary>A column of the schema that holds values.</summary>
/// <param name="Path">Name of the column; inside groups or lists, all names joined by dots.</param>
/// <param name="Index">Number among the columns that hold values.</param>
/// <param name="Values">Kind of its values.</param>
/// <param name="IsFlat">Whether it is outside groups and lists.</param>
/// <param name="IsOptional">Whether values may be missing.</param>
/// <param name="Type">Name of its type, for messages.</param>
sealed record ParquetColumn(string Path, int Index, ParquetValues Values, bool IsFlat, bool IsOptional, string Type)
{
    public bool IsText => IsFlat && Values == ParquetValues.Text;
    public bool IsNumber => IsFlat && Values is not (ParquetValues.Text or ParquetValues.Other);

    /// <summary>Description for messages.</summary>
    public string Kind => IsFlat ? Type : $"lists or groups of {Type}";
}

/// <summary>Kinds of values that can be read: text, and numbers by width.</summary>
enum ParquetValues { Other, Text, Int32, Int64, UInt32, UInt64, Single, Double }

/// <summary>Part of a column in a row group.</summary>
/// <param name="Codec">Compression of its pages.</param>
/// <param name="Values">Number of values, including missing ones.</param>
/// <param name="Start">Position of its first byte.</param>
/// <param name="Length">Number of bytes.</param>
readonly record struct ParquetChunk(int Codec, long Values, long Start, long Length);

/// <summary>
/// An Apache Parquet file, of which columns of text can be read: https://parquet.apache.org/docs/file-format/. Of other columns only the
/// names are read, so unknown types do no harm. The content is not trusted: sizes are checked against the file before memory is allocated,
/// and data that is read repeatedly is refused.
/// </summary>
sealed class ParquetFile
{
    const int MostFooter = 1 << 28, MostColumns = 100_000, LongestName = 1000;

    readonly byte[] footer;

    /// <exception cref="MalformedFileException">The file is not a Parquet file, or it is damaged.</exception>
    public ParquetFile(string path, Stream stream)
    {
        (Path, Content) = (path, stream);
        footer = ReadFooter();
        try
        {
            Columns = ReadSchema();
        }
        catch (InvalidDataException e)
        {
            throw Wrong($"{e.Message} at the end of the file", e);
        }
    }

    public string Path { get; }
    public Stream Content { get; }

    /// <summary>Columns that hold values.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    public MalformedFileException Wrong(string found, Exception? inner = null) =>
        new(Path, $"an unreadable Parquet file: {found}", "a complete Parquet file; copy or download it again", inner);

    byte[] ReadFooter()
    {
        var length = Content.Length;
        Span<byte> end = stackalloc byte[8];
        if (length < 12)
            throw Wrong($"{length} bytes");
        Read(length - 8, end);
        if (end[4..].SequenceEqual("PARE"u8))
            throw Wrong("an encrypted one");
        if (!end[4..].SequenceEqual("PAR1"u8))
            throw Wrong("no PAR1 at its end");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(end);
        if (size > length - 12 || size > MostFooter)
            throw Wrong($"{size} bytes of metadata in a file of {length}");
        var read = new byte[size];
        Read(length - 8 - size, read);
        return read;
    }

    /// <summary>Reads bytes from a position that has been checked.</summary>
    public void Read(long at, Span<byte> into)
    {
        Content.Position = at;
        Content.ReadExactly(into);
    }

    List<ParquetColumn> ReadSchema()
    {
        var reader = new CompactThrift(footer);
        for (var id = 0; reader.Next(ref id, out var type);)
        {
            if (id != 2 || type != CompactThrift.List)
            {
                reader.Skip(type);
                continue;
            }
            var count = reader.Elements(out _);
            if (count is 0 or > MostColumns)
                throw new InvalidDataException($"a schema of {count} elements");
            var open = new Stack<(string Path, int Left, bool Repeats)>();
            var columns = new List<ParquetColumn>();
            for (var i = 0; i < count; i++)
            {
                var element = ReadElement(ref reader);
                if (i == 0)
                {
                    open.Push(("", element.Children, false));
                    continue;
                }
                while (open.TryPeek(out var full) && full.Left == 0)
                    open.Pop();
                if (open.Count == 0)
                    throw new InvalidDataException("a schema with more columns than it says");
                var (parent, left, repeats) = open.Pop();
                open.Push((parent, left - 1, repeats));
                var path = parent.Length == 0 ? element.Name : parent.Length + element.Name.Length < LongestName ? $"{parent}.{element.Name}" : parent;
                if (element.Children > 0)
                {
                    open.Push((path, element.Children, repeats || element.Repetition == 2));
                    continue;
                }
                columns.Add(new ParquetColumn(path, columns.Count, element.Values, parent.Length == 0 && element.Repetition != 2, element.Repetition == 1,
                    element.Type));
            }
            return columns;
        }
        throw new InvalidDataException("no schema");
    }

    readonly record struct Element(string Name, int Children, int Repetition, ParquetValues Values, string Type);

    static Element ReadElement(ref CompactThrift reader)
    {
        string[] kinds = ["bool", "int32", "int64", "int96", "float", "double", "bytes", "bytes of one length"];
        var (name, children, repetition, kind, converted, logical, signed) = ("", 0L, 0L, -1L, -1L, 0, true);
        for (var id = 0; reader.Next(ref id, out var type);)
        {
            switch (id, type)
            {
                case (1, CompactThrift.I32): kind = reader.Integer(); break;
                case (3, CompactThrift.I32): repetition = reader.Integer(); break;
                case (4, CompactThrift.Binary):
                    name = Encoding.UTF8.GetString(reader.Bytes() is { Length: <= LongestName } bytes ? bytes : "a long name"u8);
                    break;
                case (5, CompactThrift.I32): children = reader.Integer(); break;
                case (6, CompactThrift.I32): converted = reader.Integer(); break;
                case (10, CompactThrift.Struct):
                    for (var member = 0; reader.Next(ref member, out var inner);)
                    {
                        logical = member;
                        if (member != 10 || inner != CompactThrift.Struct)
                        {
                            reader.Skip(inner);
                            continue;
                        }
                        for (var part = 0; reader.Next(ref part, out var value); reader.Skip(value))
                            signed &= part != 2 || value != CompactThrift.False;
                    }
                    break;
                default: reader.Skip(type); break;
            }
        }
        if (children is < 0 or > MostColumns)
            throw new InvalidDataException($"a schema with {children} columns in '{name}'");
        var isText = kind == 6 && (converted is 0 or 4 or 19 || logical is 1 or 4 or 12); // UTF8, ENUM, JSON
        var isNumber = (converted is -1 or (>= 11 and <= 18)) && logical is 0 or 10; // UINT_8 to INT_64, INTEGER
        signed &= converted is not (>= 11 and <= 14);
        var values = (isText, isNumber, kind) switch
        {
            (true, _, _) => ParquetValues.Text,
            (_, true, 1) => signed ? ParquetValues.Int32 : ParquetValues.UInt32,
            (_, true, 2) => signed ? ParquetValues.Int64 : ParquetValues.UInt64,
            (_, true, 4) => ParquetValues.Single,
            (_, true, 5) => ParquetValues.Double,
            _ => ParquetValues.Other,
        };
        string? meaning = isText ? "text" : (converted, logical) switch
        {
            (5, _) or (_, 5) => "decimal",
            (6, _) or (_, 6) => "date",
            ( >= 7 and <= 10, _) or (_, 7 or 8) => "time",
            (_, 15) => "float16",
            _ => null,
        };
        return new Element(name, (int)children, (int)repetition, values, meaning ?? (kind >= 0 && kind < kinds.Length ? kinds[kind] : "an unknown type"));
    }

    /// <summary>Positions of a column's values, by row group. Their total size is at most that of the file.</summary>
    /// <exception cref="InvalidDataException">The metadata is inconsistent.</exception>
    public List<ParquetChunk> Chunks(ParquetColumn column)
    {
        var reader = new CompactThrift(footer);
        var (chunks, total) = (new List<ParquetChunk>(), 0L);
        for (var id = 0; reader.Next(ref id, out var type);)
        {
            if (id != 4 || type != CompactThrift.List)
            {
                reader.Skip(type);
                continue;
            }
            for (var left = reader.Elements(out _); left > 0; left--)
            {
                var chunk = ReadRowGroup(ref reader, column);
                total += chunk.Length;
                if (chunk.Start < 4 || chunk.Length < 0 || chunk.Start > Content.Length - chunk.Length || total > Content.Length)
                    throw new InvalidDataException(
                        $"row group {chunks.Count} at bytes {chunk.Start} to {(Int128)chunk.Start + chunk.Length}, outside of the file or read before");
                chunks.Add(chunk);
            }
        }
        return chunks;
    }

    static ParquetChunk ReadRowGroup(ref CompactThrift reader, ParquetColumn column)
    {
        ParquetChunk? found = null;
        for (var id = 0; reader.Next(ref id, out var type);)
        {
            if (id != 1 || type != CompactThrift.List)
            {
                reader.Skip(type);
                continue;
            }
            var count = reader.Elements(out var element);
            for (var i = 0; i < count; i++)
            {
                if (i == column.Index)
                    found = ReadChunk(ref reader);
                else
                    reader.Skip(element);
            }
        }
        return found ?? throw new InvalidDataException("a row group without the column");
    }

    static ParquetChunk ReadChunk(ref CompactThrift reader)
    {
        ParquetChunk? found = null;
        for (var id = 0; reader.Next(ref id, out var type);)
        {
            if (id == 1 && type == CompactThrift.Binary)
                throw new InvalidDataException("values in another file");
            if (id == 8)
                throw new InvalidDataException("an encrypted column");
            if (id != 3 || type != CompactThrift.Struct)
            {
                reader.Skip(type);
                continue;
            }
            var (codec, values, length, data, dictionary) = (0L, 0L, 0L, 0L, 0L);
            for (var field = 0; reader.Next(ref field, out var inner);)
            {
                switch (field, inner)
                {
                    case (4, CompactThrift.I32): codec = reader.Integer(); break;
                    case (5, CompactThrift.I64): values = reader.Integer(); break;
                    case (7, CompactThrift.I64): length = reader.Integer(); break;
                    case (9, CompactThrift.I64): data = reader.Integer(); break;
                    case (11, CompactThrift.I64): dictionary = reader.Integer(); break;
                    default: reader.Skip(inner); break;
                }
            }
            if (codec is < 0 or > 7 || values < 0)
                throw new InvalidDataException($"{values} values packed as {codec}");
            found = new ParquetChunk((int)codec, values, dictionary > 0 ? Math.Min(dictionary, data) : data, length);
        }
        return found ?? throw new InvalidDataException("a column without metadata");
    }

    /// <summary>
    /// Values of a flat column as texts (null for a missing value), each with the share of the row groups that were started before it.
    /// </summary>
    /// <exception cref="MalformedFileException">The file is invalid. The message names the file, the column and the row.</exception>
    public IEnumerable<(string? Text, double Share)> Values(ParquetColumn column)
    {
        var (row, group) = (0L, 0);
        var chunks = Within(column, row, () => Chunks(column));
        var pages = new ParquetPages(this, column);
        foreach (var chunk in chunks)
        {
            using var values = pages.Read(chunk).GetEnumerator();
            for (; Within(column, row, values.MoveNext); row++)
                yield return (values.Current, (double)group / chunks.Count);
            group++;
        }
    }

    /// <summary>Number of a column's values, according to the metadata.</summary>
    public long Count(ParquetColumn column) =>
        Within(column, 0, () => Chunks(column).Aggregate((Int128)0, (sum, c) => sum + c.Values) is var n && n <= long.MaxValue ? (long)n : long.MaxValue);

    T Within<T>(ParquetColumn column, long row, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw Wrong($"{e.Message}, in column '{column.Path}' at row {row}", e);
        }
    }
}
