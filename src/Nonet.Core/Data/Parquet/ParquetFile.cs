using System.Buffers.Binary;
using System.Text;
using Nonet.Files;

namespace Nonet.Data.Parquet;

/// <summary>Part of a column in a row group.</summary>
/// <param name="Codec">Compression of its pages.</param>
/// <param name="Values">Number of values, including missing ones.</param>
/// <param name="Start">Position of its first byte.</param>
/// <param name="Length">Number of bytes.</param>
readonly record struct ParquetChunk(int Codec, long Values, long Start, long Length);

/// <summary>
/// An Apache Parquet file, of which texts, numbers and truth values can be read: https://parquet.apache.org/docs/file-format/. Of other columns only the
/// names are read, so unknown types do no harm. The content is not trusted: sizes are checked against the file before memory is allocated,
/// and data that is read repeatedly is refused.
/// </summary>
sealed class ParquetFile
{
    const int MostFooter = 1 << 28, MostColumns = 100_000, LongestName = 1000, MostDepth = 32;

    readonly byte[] footer;

    /// <exception cref="MalformedFileException">The file is not a Parquet file, or it is damaged.</exception>
    public ParquetFile(string path, Stream stream)
    {
        (Path, Content) = (path, stream);
        footer = ReadFooter();
        try
        {
            Fields = ReadSchema();
            Columns = [.. Fields.SelectMany(ColumnsOf)];
        }
        catch (InvalidDataException e)
        {
            throw Wrong($"{e.Message} at the end of the file", e);
        }
    }

    public string Path { get; }
    public Stream Content { get; }

    /// <summary>The fields of a row: columns, and groups of them.</summary>
    public IReadOnlyList<ParquetNode> Fields { get; }

    /// <summary>Columns that hold values, including those inside groups and lists.</summary>
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

    /// <summary>The fields of a row.</summary>
    ParquetNode[] ReadSchema()
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
            var elements = new Element[count];
            for (var i = 0; i < elements.Length; i++)
                elements[i] = ReadElement(ref reader);
            var (next, columns) = (1, 0);
            var fields = Children(elements, elements[0], "", definition: 0, repetition: 0, depth: 0, ref next, ref columns);
            return next == elements.Length ? fields : throw new InvalidDataException("a schema with more columns than it says");
        }
        throw new InvalidDataException("no schema");
    }

    static ParquetNode[] Children(Element[] elements, Element parent, string path, int definition, int repetition, int depth, ref int next, ref int columns)
    {
        if (depth > MostDepth)
            throw new InvalidDataException($"groups that are more than {MostDepth} deep");
        var children = new List<ParquetNode>();
        for (var i = 0; i < parent.Children; i++)
        {
            if (next == elements.Length)
                throw new InvalidDataException("a schema with fewer columns than it says");
            var element = elements[next++];
            var (here, level) = (definition, repetition);
            if (element.Occurrence != ParquetOccurrence.Required)
                here++;
            if (element.Occurrence == ParquetOccurrence.Repeated)
                level++;
            var name = path.Length == 0 ? element.Name : path.Length + element.Name.Length < LongestName ? $"{path}.{element.Name}" : path;
            var isGroup = element.Children > 0;
            children.Add(new ParquetNode(element.Name, element.Occurrence, element.Group, here, level,
                isGroup ? null : new ParquetColumn(name, columns++, element.Values, depth == 0 && level == 0, here, level, element.Type),
                isGroup ? Children(elements, element, name, here, level, depth + 1, ref next, ref columns) : []));
        }
        return [.. children];
    }

    static IEnumerable<ParquetColumn> ColumnsOf(ParquetNode node) => node.Column is { } column ? [column] : node.Children.SelectMany(ColumnsOf);

    readonly record struct Element(string Name, int Children, ParquetOccurrence Occurrence, ParquetGroup Group, ParquetValues Values, string Type);

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
            (_, _, 0) => ParquetValues.Bool,
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
        if (repetition is < 0 or > 2)
            throw new InvalidDataException($"the repetition {repetition} of '{name}'");
        var group = (converted, logical) switch
        {
            (3, _) or (_, 3) => ParquetGroup.List,
            (1 or 2, _) or (_, 2) => ParquetGroup.Map,
            _ => ParquetGroup.Struct,
        };
        return new Element(name, (int)children, (ParquetOccurrence)repetition, group, values, meaning
            ?? (kind >= 0 && kind < kinds.Length ? kinds[kind] : "an unknown type"));
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
    public IEnumerable<(string? Text, double Share)> Values(ParquetColumn column) => Cells(column).Select(c => (c.Cell.Text, c.Share));

    /// <summary>Cells of a column, each with the share of the row groups that were started before it.</summary>
    /// <exception cref="MalformedFileException">The file is invalid. The message names the file, the column and the row.</exception>
    public IEnumerable<(ParquetCell Cell, double Share)> Cells(ParquetColumn column)
    {
        var (rows, group) = (0L, 0);
        var chunks = Within(column, rows, () => Chunks(column));
        var pages = new ParquetPages(this, column);
        foreach (var chunk in chunks)
        {
            using var cells = pages.Read(chunk).GetEnumerator();
            while (Within(column, rows, cells.MoveNext))
            {
                yield return (cells.Current, (double)group / chunks.Count);
                if (cells.Current.Repetition == 0)
                    rows++;
            }
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
