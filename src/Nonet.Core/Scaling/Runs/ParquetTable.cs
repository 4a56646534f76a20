using System.Globalization;
using Nonet.Files;
using Parquet;
using Parquet.Schema;

namespace Nonet.Scaling.Runs;

/// <summary>The plain columns of a Parquet file that hold numbers or text. Others are passed over, but for those whose name a run is read from: they are refused with their type.</summary>
static class ParquetTable
{
    public static RawTable Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return ReadAsync(path, stream).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (MalformedFileException or OutOfMemoryException or UnauthorizedAccessException))
        {
            throw new MalformedFileException(path, $"no Parquet file that can be read ({e.Message})", "a whole Parquet file", e);
        }
    }

    static async Task<RawTable> ReadAsync(string path, Stream stream)
    {
        await using var reader = await ParquetReader.CreateAsync(stream);
        var all = reader.Schema.GetDataFields();
        DataField[] fields = [.. all.Where(IsPlain)];
        if (Array.Find(all, f => !IsPlain(f) && RunTable.Names.Contains(f.Path.FirstPart?.Trim() ?? "")) is { } other)
            throw new MalformedFileException(path, $"column '{other.Path.FirstPart}' of {(IsFlat(other) ? "" : "lists or groups of ")}{other.ClrType.Name}", "a plain column of numbers or text");
        if (fields.Length > RawTable.MostColumns)
            throw new MalformedFileException(path, $"{fields.Length} columns", $"at most {RawTable.MostColumns}");
        var rows = new List<string?[]>();
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var part = reader.OpenRowGroupReader(group);
            if (part.RowCount < 0 || part.RowCount > RawTable.MostCells / Math.Max(1, fields.Length) - rows.Count)
                throw new MalformedFileException(path, $"{rows.Count + (Int128)part.RowCount} rows of {fields.Length} columns", $"at most {RawTable.MostCells} cells");
            var count = (int)part.RowCount;
            var columns = new string?[fields.Length][];
            for (var column = 0; column < fields.Length; column++)
                columns[column] = await Column(part, fields[column], count);
            for (var i = 0; i < count; i++)
                rows.Add(Array.ConvertAll(columns, c => c[i]));
        }
        return new RawTable(path, [.. fields.Select(f => f.Name)], rows);
    }

    static bool IsPlain(DataField field) => IsFlat(field) && (IsText(field.ClrType) || Reader(field.ClrType) is not null);

    static bool IsFlat(DataField field) => field.Path.Length == 1 && field.MaxRepetitionLevel == 0;

    static bool IsText(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>);

    static async Task<string?[]> Column(ParquetRowGroupReader part, DataField field, int count)
    {
        if (IsText(field.ClrType))
        {
            var texts = new string?[count];
            await part.ReadAsync(field, texts.AsMemory()!);
            return [.. texts.Select(t => string.IsNullOrWhiteSpace(t) ? null : t.Trim())];
        }
        return await Reader(field.ClrType)!(part, field, count);
    }

    /// <summary>Reads a column of numbers of a type; null for a type that holds none.</summary>
    static Func<ParquetRowGroupReader, DataField, int, Task<string?[]>>? Reader(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Double => Numbers<double>,
        TypeCode.Single => Numbers<float>,
        TypeCode.Int64 => Numbers<long>,
        TypeCode.UInt64 => Numbers<ulong>,
        TypeCode.Int32 => Numbers<int>,
        TypeCode.UInt32 => Numbers<uint>,
        TypeCode.Int16 => Numbers<short>,
        TypeCode.UInt16 => Numbers<ushort>,
        TypeCode.SByte => Numbers<sbyte>,
        TypeCode.Byte => Numbers<byte>,
        _ => null,
    };

    static async Task<string?[]> Numbers<T>(ParquetRowGroupReader part, DataField field, int count) where T : struct, IFormattable
    {
        if (field.IsNullable)
        {
            var some = new T?[count];
            await part.ReadAsync<T>(field, some.AsMemory());
            return [.. some.Select(x => x is { } value ? Text(value) : null)];
        }
        var all = new T[count];
        await part.ReadAsync<T>(field, all.AsMemory());
        return [.. all.Select(Text)];
    }

    static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
