using System.Globalization;
using Nonet.Formats;
using Parquet;
using Parquet.Schema;

namespace Nonet.Scaling;

/// <summary>The plain columns of a Parquet file that hold numbers or text; others are passed over.</summary>
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
        DataField[] fields = [.. reader.Schema.GetDataFields().Where(f => f.Path.Length == 1 && f.MaxRepetitionLevel == 0 && IsPlain(f.ClrType))];
        var rows = new List<string?[]>();
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var part = reader.OpenRowGroupReader(group);
            var (first, count) = (rows.Count, checked((int)part.RowCount));
            for (var i = 0; i < count; i++)
                rows.Add(new string?[fields.Length]);
            for (var column = 0; column < fields.Length; column++)
            {
                var cells = await Column(part, fields[column], count);
                for (var i = 0; i < count; i++)
                    rows[first + i][column] = cells[i];
            }
        }
        return new RawTable(path, [.. fields.Select(f => f.Name)], rows);
    }

    static bool IsPlain(Type type) => type == typeof(double) || type == typeof(float) || type == typeof(long) || type == typeof(int) || IsText(type);

    static bool IsText(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>);

    static async Task<string?[]> Column(ParquetRowGroupReader part, DataField field, int count)
    {
        if (IsText(field.ClrType))
        {
            var texts = new string?[count];
            await part.ReadAsync(field, texts.AsMemory()!);
            return [.. texts.Select(t => string.IsNullOrWhiteSpace(t) ? null : t.Trim())];
        }
        if (field.ClrType == typeof(double))
            return await Numbers<double>(part, field, count, x => x.ToString("R", CultureInfo.InvariantCulture));
        if (field.ClrType == typeof(float))
            return await Numbers<float>(part, field, count, x => x.ToString("R", CultureInfo.InvariantCulture));
        return field.ClrType == typeof(long) ? await Numbers<long>(part, field, count, x => x.ToString(CultureInfo.InvariantCulture))
            : await Numbers<int>(part, field, count, x => x.ToString(CultureInfo.InvariantCulture));
    }

    static async Task<string?[]> Numbers<T>(ParquetRowGroupReader part, DataField field, int count, Func<T, string> text) where T : struct
    {
        if (field.IsNullable)
        {
            var some = new T?[count];
            await part.ReadAsync<T>(field, some.AsMemory());
            return [.. some.Select(x => x is { } value ? text(value) : null)];
        }
        var all = new T[count];
        await part.ReadAsync<T>(field, all.AsMemory());
        return [.. all.Select(text)];
    }
}
