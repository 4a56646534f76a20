using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

public unsafe class PhiloxTests
{
    [Theory] // known answers published with Random123 for philox4x32-10: counter, key, result
    [InlineData("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void Rounds_give_the_published_answers(string counter, string key, string answer)
    {
        uint[] c = Words(counter), k = Words(key), want = Words(answer);
        Assert.Equal((want[0], want[1], want[2], want[3]), Philox.Rounds(c[0], c[1], c[2], c[3], k[0], k[1]));
    }

    static uint[] Words(string hex) => [.. hex.Split(' ').Select(w => Convert.ToUInt32(w, 16))];

    [Fact]
    public void A_block_is_four_words_and_depends_on_every_part_of_the_key()
    {
        var key = new RandomKey(0x123456789abcdef0, 7, 9);
        var (a, b, c, d) = Philox.Block(key, 5);
        Assert.Equal([a, b, c, d], new[] { 20UL, 21UL, 22UL, 23UL }.Select(i => Philox.Word(key, i)));
        RandomKey[] others = [key with { Seed = key.Seed ^ 1UL << 40 }, key with { Step = 8 }, key with { Site = 10 }];
        Assert.All(others, other => Assert.NotEqual(a, Philox.Word(other, 20)));
        Assert.NotEqual(Philox.Word(key, 1), Philox.Word(key, 1 + (1UL << 40)));
    }

    [Theory] // starts on and off a block, counts around the sixteen of a register, blocks whose number passes 32 bits
    [InlineData(0UL, 1), InlineData(0UL, 64), InlineData(3UL, 77), InlineData(6UL, 16), InlineData(17179869150UL, 100), InlineData(4UL, 3)]
    public void Runs_are_the_numbers_one_by_one(ulong start, int count)
    {
        var key = new RandomKey(0xfedcba9876543210, 77, 0x89abcdef);
        var run = new float[count];
        fixed (float* p = run)
            VectorPhilox.UnitFloats(key, start, count, p);
        Assert.Equal(Enumerable.Range(0, count).Select(i => Philox.UnitFloat(key, start + (ulong)i)), run);
    }

    [Fact]
    public void Normal_numbers_have_mean_zero_and_deviation_one()
    {
        var key = new RandomKey(1, 2, 3);
        var x = Enumerable.Range(0, 20000).Select(i => Philox.Normal(key, (ulong)i)).ToArray();
        Assert.InRange(x.Average(), -0.03, 0.03);
        Assert.InRange(x.Average(v => v * v), 0.95, 1.05);
        Assert.InRange(x.Average(v => v * v * v * v), 2.7, 3.3);
    }

    [Fact]
    public void Uniform_numbers_and_integers_stay_in_their_range()
    {
        var key = new RandomKey(1, 2, 3);
        var counts = new int[7];
        for (var i = 0UL; i < 7000; i++)
        {
            Assert.InRange(Philox.Uniform(key, i), double.Epsilon, 1 - 1e-16);
            Assert.InRange(Philox.UnitFloat(key, i), 0, 0.99999994f);
            counts[Philox.Below(key, i, 7)]++;
        }
        Assert.All(counts, n => Assert.InRange(n, 850, 1150));
    }

    [Fact] // reference value of FNV-1a over the code units, computed by hand for the empty and the one-letter text
    public void Paths_hash_by_FNV()
    {
        Assert.Equal(2166136261u, Philox.Hash(""));
        Assert.Equal(0xe40c292cu, Philox.Hash("a"));
        Assert.NotEqual(new RandomKey(1, 0, 0).At("blocks/1/norm"), new RandomKey(1, 0, 0).At("blocks/2/norm"));
    }

    [Fact] // σ² of the normal cut at ±2: 1 - 4 φ(2) / (2 Φ(2) - 1) = 0.7737
    public void Truncated_normals_stay_within_the_cut_and_are_the_normals_there()
    {
        var (key, sum, redrawn) = (new RandomKey(3, 1, 2), 0.0, 0);
        const int N = 40_000;
        for (var i = 0UL; i < N; i++)
        {
            var (x, first) = (Philox.TruncatedNormal(key, i, 2), Philox.Normal(key, i));
            Assert.InRange(x, -2, 2);
            sum += x * x;
            if (Math.Abs(first) > 2)
                redrawn++;
            else
                Assert.Equal(first, x);
        }
        Assert.InRange(sum / N, 0.76, 0.79);
        Assert.InRange(redrawn / (double)N, 0.042, 0.049); // 4.55 %
    }

    [Theory]
    [InlineData(DType.F32), InlineData(DType.BF16)]
    public void Truncated_fills_are_the_numbers_one_by_one_on_every_device(DType type)
    {
        var key = new RandomKey(5, 0, 6);
        var count = Op.Tiny ? 100 : 40_000;
        foreach (var device in Op.Cpus)
        {
            using var x = device.Empty(new Shape(count), type);
            using var y = device.Empty(new Shape(count), type);
            device.FillTruncatedNormal(x, 0.5, 0.02, 1.5, key);
            for (var i = 0; i < count; i++)
                y.SetValue(i, 0.5 + 0.02 * Philox.TruncatedNormal(key, (ulong)i, 1.5));
            Assert.Equal(y.ToDoubles(), x.ToDoubles());
        }
    }

    [Theory]
    [InlineData(DType.F32), InlineData(DType.BF16)]
    public void Normal_fills_are_the_numbers_one_by_one_on_every_device(DType type)
    {
        var key = new RandomKey(5, 0, 6);
        var count = Op.Tiny ? 100 : 40_000;
        foreach (var device in Op.Cpus)
        {
            using var x = device.Empty(new Shape(count), type);
            using var y = device.Empty(new Shape(count), type);
            device.FillNormal(x, 0.5, 0.02, key);
            for (var i = 0; i < count; i++)
                y.SetValue(i, 0.5 + 0.02 * Philox.Normal(key, (ulong)i));
            Assert.Equal(y.ToDoubles(), x.ToDoubles());
        }
    }
}
