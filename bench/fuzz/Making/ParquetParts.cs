using System.Buffers.Binary;
using Parquet;
using Parquet.Schema;

namespace Nonet.Fuzz.Making;

/// <summary>Parquet files: sound ones of every compression, and their footers and page headers damaged.</summary>
static class ParquetParts
{
    public static byte[] Texts(CompressionMethod compression) => Write(compression, async (group, f) =>
    {
        await group.WriteAsync(f[0], ["one text", "another é", null!, "a third, longer one; a third, longer one; a third, longer one", "one text", "one text"]);
        await group.WriteAsync<int>(f[1], new int?[] { 1, null, 3, 4, 5, 6 });
        await group.WriteAsync<double>(f[2], new[] { 1.5, 2, 3, 4, 5, 6 });
    }, new DataField<string>("text"), new DataField<int?>("id"), new DataField<double>("score"));

    public static byte[] Runs() => Write(CompressionMethod.Snappy, async (group, f) =>
    {
        await group.WriteAsync(f[0], ["small, one", "large"]);
        await group.WriteAsync<double>(f[1], new[] { 3.5, 3.1 });
        await group.WriteAsync<long>(f[2], new[] { 1_000_000_000L, 2_000_000_000 });
        await group.WriteAsync<int>(f[3], new[] { 1_000_000, 4_000_000 });
    }, new DataField<string>("name"), new DataField<double>("loss"), new DataField<long>("tokens"), new DataField<int>("n"));

    static byte[] Write(CompressionMethod compression, Func<ParquetRowGroupWriter, DataField[], Task> rows, params DataField[] fields)
    {
        using var stream = new MemoryStream();
        Task.Run(async () =>
        {
            await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream, new ParquetOptions { CompressionMethod = compression });
            for (var i = 0; i < 2; i++)
            {
                using var group = writer.CreateRowGroup();
                await rows(group, fields);
            }
        }).GetAwaiter().GetResult();
        return stream.ToArray();
    }

    public static byte[] Damaged(byte[] seed, Dice dice)
    {
        switch (dice.Below(5))
        {
            case 0:
                return ByteDamage.Of(seed, dice);
            case 1: // a page header, which stands before the page; what follows moves
                var at = 0;
                var page = ThriftPart.ParseStruct(seed.AsSpan(4), ref at);
                page.Damage(dice);
                return [.. seed.AsSpan(0, 4), .. page.ToBytes(), .. seed.AsSpan(4 + at)];
            default:
                var length = BinaryPrimitives.ReadInt32LittleEndian(seed.AsSpan(seed.Length - 8));
                var taken = 0;
                var footer = ThriftPart.ParseStruct(seed.AsSpan(seed.Length - 8 - length, length), ref taken);
                for (var times = 1 + dice.Below(2); times > 0; times--)
                    footer.Damage(dice);
                var bytes = footer.ToBytes();
                return [.. seed.AsSpan(0, seed.Length - 8 - length), .. bytes, .. BitConverter.GetBytes(dice.OneIn(12) ? (int)dice.Number() : bytes.Length),
                    .. "PAR1"u8];
        }
    }
}
