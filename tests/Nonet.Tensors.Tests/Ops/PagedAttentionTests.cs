using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

/// <summary>Keys and values in the blocks of a pool: the same numbers as side by side, however many queries there are at once.</summary>
public class PagedAttentionTests
{
    const int Heads = 4, KvHeads = 2;

    /// <summary>Two chunks of 1,024 keys and a part of a third; in software one and a part.</summary>
    static readonly int Keys = Op.SoftwareFma ? 1060 : 2500;

    [Theory] // widths with and without a tail, blocks that hold whole panels and that do not, a window that begins inside a chunk
    [InlineData(64, 64, null), InlineData(40, 64, null), InlineData(16, 6, null), InlineData(64, 64, 900), InlineData(16, 64, 50)]
    public void Decoded_rows_have_the_bits_of_the_full_pass(int width, int block, int? window)
    {
        foreach (var device in Op.Cpus)
        {
            using var scope = new TensorScope();
            var options = new AttentionOptions { Heads = Heads, KvHeads = KvHeads, Window = window };
            Tensor q = Normal(device, Keys, Heads * width, 1), k = Normal(device, Keys, KvHeads * width, 2), v = Normal(device, Keys, KvHeads * width, 3);
            var all = device.From([0, Keys]);
            var want = Ops.Attention(q, k, v, new AttentionLayout { QueryStarts = all, KeyStarts = all }, options).AsSpan<float>();
            foreach (var (length, queries) in new[]
            {
                (1, 1), (900, 1), (1024, 1), (1025, 2), (Keys, 1), (Keys, 7), (Keys, 300), (1024 * (Keys / 1024) + 1, 24), (1024 * (Keys / 1024) + 1, 25),
            })
            {
                var got = Paged(device, DType.F32, q, k, v, length, queries, block, options);
                Assert.True(want.Slice((length - queries) * Heads * width, queries * Heads * width).SequenceEqual(got.AsSpan<float>()),
                    $"{queries} queries at {length} keys, {device.Threads} threads, {device.VectorBits} bits");
            }
        }
    }

    [Theory]
    [InlineData(DType.F16, 1e-3), InlineData(DType.Q8_0, 2e-2)]
    public void Rounded_keys_and_values_give_nearly_the_same_and_never_depend_on_the_queries_at_once(DType type, double tolerance)
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 2 });
        using var scope = new TensorScope();
        var options = new AttentionOptions { Heads = Heads, KvHeads = KvHeads };
        const int Width = 48; // a head begins inside a block of 32
        Tensor q = Normal(device, Keys, Heads * Width, 1), k = Normal(device, Keys, KvHeads * Width, 2), v = Normal(device, Keys, KvHeads * Width, 3);
        var exact = Paged(device, DType.F32, q, k, v, Keys, 60, 64, options).ToDoubles();
        var many = Paged(device, type, q, k, v, Keys, 60, 64, options).ToDoubles();
        for (var i = 0; i < exact.Length; i++)
            Assert.Equal(exact[i], many[i], tolerance);
        Assert.NotEqual(exact, many);
        Assert.Equal(many[^(Heads * Width)..], Paged(device, type, q, k, v, Keys, 1, 64, options).ToDoubles());
    }

    /// <summary>The last queries of so many keys, which lie in the blocks of a pool in a scrambled order.</summary>
    static Tensor Paged(CpuDevice device, DType type, Tensor q, Tensor k, Tensor v, int length, int queries, int block, AttentionOptions options)
    {
        var blocks = (Keys + block - 1) / block;
        int[] table = [.. Enumerable.Range(0, blocks).Select(b => b * 7 % blocks)];
        Assert.Equal(blocks, table.Distinct().Count());
        var shape = new Shape(blocks * block, k.Shape[1]);
        Tensor keys = device.Full(shape, type, 0), values = device.Full(shape, type, 0);
        var slots = device.From([.. Enumerable.Range(0, Keys).Select(i => table[i / block] * block + i % block)]);
        Ops.ScatterRows(k, slots, keys);
        Ops.ScatterRows(v, slots, values);
        var layout = new AttentionLayout
        {
            QueryStarts = device.From([0, queries]),
            BlockTable = device.From(new Shape(1, blocks), table),
            KeyLengths = device.From([length]),
            BlockSize = block
        };
        return Ops.Attention(Ops.Slice(q, 0, length - queries, queries), keys, values, layout, options);
    }

    static Tensor Normal(CpuDevice device, int rows, int width, uint site)
    {
        var x = device.Empty(new Shape(rows, width));
        device.FillNormal(x, 0, 1, new RandomKey(4, 0, site));
        return x;
    }
}
