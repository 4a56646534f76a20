using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Nonet.Data.Parquet;

/// <summary>Decodes the values of a column's pages as texts. Invalid data throws an <see cref="InvalidDataException"/>.</summary>
sealed class PageValues(ParquetColumn column)
{
    /// <summary>Bytes of a page, unpacked.</summary>
    public const int MostOfPage = 1 << 28;

    const int PlainValues = 0, OldDictionary = 2, RunLengthsOfBits = 3, DeltaNumbers = 5, DeltaLengths = 6, DeltaPrefixes = 7, NewDictionary = 8,
        ByteStreams = 9;

    /// <summary>The values of a page, at least as many as it holds.</summary>
    /// <param name="encoding">How they are stored.</param>
    /// <param name="content">The page without its levels.</param>
    /// <param name="dictionary">Values that the page may refer to.</param>
    public IEnumerable<string> Read(int encoding, PageBytes content, string[]? dictionary) => encoding switch
    {
        PlainValues => Plain(content, int.MaxValue), // as many as the levels ask for
        OldDictionary or NewDictionary => Indexed(content, dictionary ?? throw new InvalidDataException("indices into a missing dictionary")),
        RunLengthsOfBits when column.Values == ParquetValues.Bool => Bools(new RunLengths(content.Take(content.Integer()), 1)),
        DeltaLengths when IsText => WithLengths(content, Lengths(content)),
        DeltaPrefixes when IsText => WithPrefixes(content),
        DeltaNumbers when IsNumber => Deltas(content).Select(Number),
        ByteStreams when IsNumber => FromStreams(content),
        _ => throw new InvalidDataException($"{column.Type} in the encoding {encoding}, which is not for {column.Type}"),
    };

    bool IsText => column.Values == ParquetValues.Text;
    bool IsNumber => column.Values is not (ParquetValues.Other or ParquetValues.Text or ParquetValues.Bool);

    /// <summary>Values one after another, as many as there are, at most <paramref name="count"/>.</summary>
    public IEnumerable<string> Plain(PageBytes content, int count)
    {
        if (column.Values == ParquetValues.Bool)
        {
            var bits = new PageBits(content, 1);
            for (var left = (int)Math.Min(count, 8L * content.Span.Length); left > 0; left--)
                yield return Bool(bits.Next());
            yield break;
        }
        for (; count > 0 && !content.IsEmpty; count--)
            yield return IsText ? Text(content.Take(content.Integer())) : Number(content.Take(Width).Span);
    }

    static string Bool(ulong bit) => bit == 0 ? "false" : "true";

    static IEnumerable<string> Bools(RunLengths runs)
    {
        while (true)
            yield return Bool(runs.Next());
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
    IEnumerable<string> FromStreams(PageBytes content)
    {
        var (count, number) = (content.Span.Length / Width, new byte[Width]);
        for (var i = 0; i < count; i++)
        {
            for (var b = 0; b < Width; b++)
                number[b] = content[(b * count) + i];
            yield return Number(number);
        }
    }

    static IEnumerable<string> Indexed(PageBytes content, string[] dictionary)
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
                : throw new InvalidDataException($"index {place} into a dictionary of {dictionary.Length} values");
        }
    }

    static IEnumerable<string> WithLengths(PageBytes content, int[] lengths)
    {
        foreach (var length in lengths)
            yield return Text(content.Take(length));
    }

    static IEnumerable<string> WithPrefixes(PageBytes content)
    {
        var (prefixes, lengths) = (Lengths(content), Lengths(content));
        if (prefixes.Length != lengths.Length)
            throw new InvalidDataException($"{prefixes.Length} prefix lengths for {lengths.Length} values");
        var (last, total) = (Array.Empty<byte>(), 0L);
        for (var i = 0; i < prefixes.Length; i++)
        {
            if (prefixes[i] < 0 || prefixes[i] > last.Length)
                throw new InvalidDataException($"a value that begins with {prefixes[i]} bytes of one of {last.Length}");
            last = [.. last.AsSpan(0, prefixes[i]), .. content.Take(lengths[i]).Span];
            total += last.Length;
            if (total > MostOfPage)
                throw new InvalidDataException($"a page of more than {MostOfPage} bytes");
            yield return Text(new PageBytes(last));
        }
    }

    /// <summary>Integers stored as differences: DELTA_BINARY_PACKED.</summary>
    static List<long> Deltas(PageBytes content)
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
                var bits = new PageBits(content.Take(size / 8 * width), width);
                for (var i = 0; i < size && (ulong)values.Count < count; i++)
                    values.Add(last = unchecked(last + least + (long)bits.Next()));
            }
        }
        return values;
    }

    static int[] Lengths(PageBytes content) =>
        [.. Deltas(content).Select(n => n is >= 0 and <= int.MaxValue ? (int)n : throw new InvalidDataException($"a length of {n}"))];

    static string Text(PageBytes bytes) =>
        Utf8.IsValid(bytes.Span) ? Encoding.UTF8.GetString(bytes.Span) : throw new InvalidDataException("a value that is not UTF-8");
}
