using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Tests.Models;

public class KvCacheTests
{
    public static TheoryData<string> Families => [.. TinyModels.Families];

    /// <summary>Logits of new tokens of one sequence.</summary>
    static double[] Append(ICausalModel model, KvCache cache, int sequence, ReadOnlySpan<int> ids)
    {
        using var scope = new TensorScope();
        return model.Output(model.Forward(cache.Append(sequence, ids), cache)).ToDoubles();
    }

    static double[] TokenByToken(ICausalModel model, KvCache cache, int sequence, int[] ids) => [.. ids.SelectMany(id => Append(model, cache, sequence, [id]))];

    [Theory, MemberData(nameof(Families))]
    public void Token_by_token_is_the_full_pass(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(140); // three blocks
        using var cache = new KvCache(model);
        TinyModels.Close(TinyModels.Logits(model, ids), TokenByToken(model, cache, cache.Begin(), ids), 1e-5, "logits");
    }

    [Theory, MemberData(nameof(Families))]
    public void Token_by_token_is_the_full_pass_to_the_bit_where_rows_do_not_depend_on_their_batch(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(140);
        using var cache = new KvCache(model);
        Assert.Equal(TinyModels.Logits(model, ids), TokenByToken(model, cache, cache.Begin(), ids));
    }

    [Theory, MemberData(nameof(Families))]
    public void The_definition_with_a_cache_is_the_definition(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Reference, train: false);
        var ids = TinyModels.Ids(70);
        using var cache = new KvCache(model);
        TinyModels.Close(TinyModels.Logits(model, ids), TokenByToken(model, cache, cache.Begin(), ids), 1e-12, "logits");
    }

    [Theory, MemberData(nameof(Families))]
    public void A_prompt_in_pieces_is_the_full_pass(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(150);
        using var cache = new KvCache(model);
        var sequence = cache.Begin();
        double[] got = [.. Append(model, cache, sequence, ids.AsSpan(0, 63)), .. Append(model, cache, sequence, ids.AsSpan(63, 2)),
            .. Append(model, cache, sequence, ids.AsSpan(65))];
        TinyModels.Close(TinyModels.Logits(model, ids), got, 1e-5, "logits");
        Assert.Equal(150, cache.Length(sequence));
    }

    [Theory, MemberData(nameof(Families))]
    public void Prompts_and_single_tokens_mix_in_a_batch(string family)
    {
        var model = TinyModels.Build(family, TinyModels.Cpu, train: false);
        int[] a = TinyModels.Ids(100), b = TinyModels.Ids(90, site: 1), c = TinyModels.Ids(5, site: 2);
        using var cache = new KvCache(model);
        var (first, second, third) = (cache.Begin(), cache.Begin(), cache.Begin());
        Append(model, cache, first, a.AsSpan(0, 99));
        Append(model, cache, second, b.AsSpan(0, 30)); // its further blocks come after others'
        using var scope = new TensorScope();
        int[] ids = [a[99], .. b[30..], .. c];
        var mixed = model.Output(model.Forward(cache.Append([first, second, third], ids, [0, 1, 61, 66]), cache)).ToDoubles();
        var v = model.Vocab;
        double[] want = [.. TinyModels.Logits(model, a)[(99 * v)..], .. TinyModels.Logits(model, b)[(30 * v)..], .. TinyModels.Logits(model, c)];
        TinyModels.Close(want, mixed, 1e-5, "logits");
    }

    [Fact]
    public void Truncated_tokens_are_forgotten()
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        var ids = TinyModels.Ids(130);
        using var cache = new KvCache(model);
        var sequence = cache.Begin();
        var want = Append(model, cache, sequence, ids)[(50 * model.Vocab)..];
        cache.Truncate(sequence, 50);
        Assert.Equal(50, cache.Length(sequence));
        TinyModels.Close(want, Append(model, cache, sequence, ids.AsSpan(50)), 1e-5, "logits after truncation");
    }

    [Fact]
    public void Blocks_of_a_removed_sequence_serve_the_next()
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        using var cache = new KvCache(model, limit: 192);
        var (first, second) = (cache.Begin(), cache.Begin());
        Append(model, cache, first, TinyModels.Ids(100)); // blocks 0 and 1
        Append(model, cache, second, TinyModels.Ids(64, site: 1)); // block 2
        var error = Assert.Throws<InvalidOperationException>(() => Append(model, cache, second, [1]));
        Assert.Contains("256 tokens do not fit, its limit is 192", error.Message, StringComparison.Ordinal);
        Assert.Equal(64, cache.Length(second));
        cache.Remove(first);
        Assert.Equal(1, cache.Sequences);
        int[] ids = [.. TinyModels.Ids(64, site: 1), 1, 2, 3];
        var got = Append(model, cache, second, [1, 2, 3]);
        TinyModels.Close(TinyModels.Logits(model, ids)[(64 * model.Vocab)..], got, 1e-5, "logits over a used block");
        Assert.Equal(192, cache.Capacity);
    }

    [Fact]
    public void Pools_grow_and_keep_what_they_hold()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        using var cache = new KvCache(model);
        var ids = Enumerable.Range(0, 6).Select(s => TinyModels.Ids(150, site: (uint)s)).ToArray();
        var sequences = ids.Select(_ => cache.Begin()).ToArray();
        for (var s = 0; s < 6; s++)
            Append(model, cache, sequences[s], ids[s].AsSpan(0, 149));
        Assert.True(cache.Capacity >= 6 * 150);
        for (var s = 0; s < 6; s++)
            TinyModels.Close(TinyModels.Logits(model, ids[s])[(149 * model.Vocab)..], Append(model, cache, sequences[s], ids[s].AsSpan(149)), 1e-5,
                $"sequence {s}");
    }

    [Theory, InlineData(30), InlineData(64), InlineData(100), InlineData(128)]
    public void Forks_share_their_beginning_and_go_their_own_ways(int common)
    {
        var model = TinyModels.Build("llama", TinyModels.Cpu, train: false);
        using var cache = new KvCache(model);
        int[] start = TinyModels.Ids(common), left = TinyModels.Ids(9, site: 1), right = TinyModels.Ids(9, site: 2);
        var first = cache.Begin();
        Append(model, cache, first, start);
        var second = cache.Fork(first);
        var third = cache.Fork(second);
        Assert.Equal((3, common), (cache.Sequences, cache.Length(third)));
        var got = Append(model, cache, first, left);
        var other = Append(model, cache, second, right);
        cache.Remove(first);
        var same = Append(model, cache, third, left);
        TinyModels.Close(TinyModels.Logits(model, [.. start, .. left])[(common * model.Vocab)..], got, 1e-5, "the first");
        TinyModels.Close(TinyModels.Logits(model, [.. start, .. right])[(common * model.Vocab)..], other, 1e-5, "its fork");
        Assert.Equal(got, same);
    }

    [Fact]
    public void A_fork_takes_no_block_before_it_grows_and_copies_one()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        using var cache = new KvCache(model, limit: 4 * KvCache.BlockSize);
        var first = cache.Begin();
        Append(model, cache, first, TinyModels.Ids(100)); // two blocks
        var forks = Enumerable.Range(0, 2).Select(_ => cache.Fork(first)).ToArray();
        using (var scope = new TensorScope()) // of three owners the last keeps the half full block: two copies, four blocks in all
            model.Forward(cache.Append([first, .. forks], [1, 2, 3], [0, 1, 2, 3]), cache);
        var fourth = cache.Fork(first);
        Assert.Throws<InvalidOperationException>(() => Append(model, cache, fourth, [1]));
        cache.Remove(first);
        Append(model, cache, fourth, [1]); // now the only owner
        cache.Truncate(forks[0], 64);
        Append(model, cache, cache.Fork(fourth), [1]); // the block that was given back
        foreach (var fork in forks)
            cache.Remove(fork);
        Assert.Equal(102, cache.Length(fourth));
    }

    [Fact]
    public void Misuse_is_named()
    {
        var model = TinyModels.Build("gpt", TinyModels.Cpu, train: false);
        using var cache = new KvCache(model);
        using var scope = new TensorScope();
        var s = cache.Begin();
        Assert.Contains("no sequence 7", Assert.Throws<ArgumentException>(() => cache.Append(7, [1])).Message, StringComparison.Ordinal);
        Assert.Contains("in the batch twice", Assert.Throws<ArgumentException>(() => cache.Append([s, s], [1, 2], [0, 1, 2])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => cache.Append(s, []));
        Assert.Contains("context of 160", Assert.Throws<ShapeException>(() => cache.Append(s, TinyModels.Ids(161))).Message, StringComparison.Ordinal);
        Assert.Equal(0, cache.Length(s));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(s, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvCache(model, limit: 0));
        Assert.Contains("not made by KvCache.Append", Assert.Throws<ArgumentException>(() => model.Forward(Batch.Of(TinyModels.Cpu, [1]), cache)).Message,
            StringComparison.Ordinal);
        Assert.Contains("pass that cache", Assert.Throws<ArgumentException>(() => model.Forward(cache.Append(s, [1]))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DType.F32, 1e-6), InlineData(DType.BF16, 0.05), InlineData(DType.F16, 5e-3)]
    public void Keys_and_values_may_have_a_type_of_their_own(DType type, double tolerance)
    {
        var model = TinyModels.Build("llama", TinyModels.Reference, train: false);
        using var scope = new TensorScope();
        using KvCache exact = new(model), rounded = new(model, type: type);
        var ids = TinyModels.Ids(9);
        var (want, got) = (Logits(exact), Logits(rounded));
        TinyModels.Close(want, got, tolerance, "logits");
        Assert.NotEqual(want, got);
        Assert.Equal(exact.Bytes / 8 * type.Size(), rounded.Bytes);
        Assert.Contains("a KV cache in BF16",
            Assert.Throws<NotSupportedException>(() => new KvCache(TinyModels.Build("llama", TinyModels.Cpu, train: false), type: DType.BF16)).Message,
            StringComparison.Ordinal);

        double[] Logits(KvCache cache)
        {
            var sequence = cache.Begin();
            model.Forward(cache.Append(sequence, ids.AsSpan(0, 6)), cache);
            return model.Output(model.Forward(cache.Append(sequence, ids.AsSpan(6)), cache)).ToDoubles();
        }
    }
}
