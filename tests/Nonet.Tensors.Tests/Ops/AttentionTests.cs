using Xunit;

namespace Nonet.Tensors.Tests;

public class AttentionTests
{
    /// <summary>Sequences of these query and key lengths, laid end to end.</summary>
    static AttentionLayout Dense(Device device, int[] queries, int[]? keys = null) =>
        new() { QueryStarts = device.From(Starts(queries)), KeyStarts = device.From(Starts(keys ?? queries)) };

    static int[] Starts(int[] lengths) => [0, .. lengths.Select((_, i) => lengths[..(i + 1)].Sum())];

    static Input[] Inputs(AttentionOptions o, int width, int[] queries, int[]? keys = null, int reach = 0)
    {
        int n = queries.Sum(), m = (keys ?? queries).Sum();
        Input[] qkv = [Seeded.Normal(n, o.Heads * width), Seeded.Normal(m, o.KvHeads * width), Seeded.Normal(m, o.KvHeads * width)];
        return reach == 0 ? qkv : [.. qkv, Seeded.Normal(o.Heads, 2 * reach - 1)];
    }

    static void Check(AttentionOptions o, int width, int[] queries, int[]? keys = null, int reach = 0, bool finiteDifferences = true,
        double tolerance = 2e-5) =>
        Op.Check(
            t => Ops.Attention(t[0], t[1], t[2], Dense(t[0].Device, queries, keys), reach == 0 ? o : o with { RelativeBias = t[3] }),
            Inputs(o, width, queries, keys, reach), tolerance, finiteDifferences: finiteDifferences);

    static AttentionOptions Options(int heads = 2, int kvHeads = 2) => new() { Heads = heads, KvHeads = kvHeads };

    static readonly RandomKey Key = new(5, 3, 8);

    [Theory]
    [InlineData(1), InlineData(3), InlineData(7), InlineData(16), InlineData(33)]
    public void Causal_matches_its_definition(int width) => Check(Options(), width, [5, 1, 0, 4]);

    [Fact]
    public void Bidirectional_matches_its_definition() => Check(Options() with { Causal = false }, 5, [4, 0, 1, 6]);

    [Theory] // more keys than queries, fewer (the first queries see nothing), none at all
    [InlineData(false), InlineData(true)]
    public void Cross_attention_matches_its_definition(bool causal) =>
        Check(Options() with { Causal = causal }, 4, [3, 5, 2, 0], [6, 2, 0, 3]);

    [Theory]
    [InlineData(2, true), InlineData(3, true), InlineData(3, false), InlineData(100, true)]
    public void Window_matches_its_definition(int window, bool causal) => Check(Options() with { Window = window, Causal = causal }, 4, [7, 2]);

    [Fact]
    public void Heads_that_share_keys_match_their_definition() => Check(Options(4, 2), 3, [5, 3]);

    [Fact]
    public void Scale_is_the_factor_of_the_scores() => Check(Options() with { Scale = -0.3f }, 3, [5, 2]);

    [Theory] // distances within and beyond the table
    [InlineData(2), InlineData(3), InlineData(20)]
    public void Relative_bias_matches_its_definition(int reach)
    {
        Check(Options(4, 2), 3, [6, 1, 4], reach: reach);
        Check(Options() with { Causal = false }, 3, [5, 3], [7, 2], reach);
    }

    [Fact]
    public void Soft_cap_matches_its_definition() => Check(Options() with { SoftCap = 0.7f }, 4, [6, 2]);

    [Fact]
    public void Dropout_matches_its_definition() => Check(Options(4, 2) with { Dropout = 0.3f, Key = Key }, 4, [6, 9]);

    [Fact]
    public void All_options_together_match_their_definition() =>
        Check(Options(4, 2) with { SoftCap = 2, Dropout = 0.2f, Key = Key, Window = 4, Scale = 0.6f }, 5, [7, 0, 3], [9, 2, 1], reach: 3);

    [Theory] // several blocks of queries and keys, off and on their edges
    [InlineData(65, 7), InlineData(129, 16), InlineData(200, 33), InlineData(256, 8), InlineData(301, 4)]
    public void Long_sequences_match_their_definition(int length, int width)
    {
        Assert.SkipWhen(Op.Tiny, "too long for software arithmetic");
        Check(Options(), width, [length, 1, 0, 37], finiteDifferences: false);
        Check(Options() with { Causal = false }, width, [length], [length / 2], finiteDifferences: false);
    }

    [Theory]
    [InlineData(2), InlineData(40), InlineData(130)]
    public void Long_windows_match_their_definition(int window)
    {
        Assert.SkipWhen(Op.Tiny, "too long for software arithmetic");
        Check(Options(4, 2) with { Window = window }, 9, [290, 13], finiteDifferences: false);
        Check(Options() with { Window = window, Causal = false }, 9, [150, 13], finiteDifferences: false);
    }

    [Fact]
    public void Long_sequences_with_all_options_match_their_definition()
    {
        Assert.SkipWhen(Op.Tiny, "too long for software arithmetic");
        Check(Options(4, 2) with { SoftCap = 3, Dropout = 0.2f, Key = Key, Window = 150 }, 9, [200, 31, 0, 1], [230, 40, 5, 1], reach: 60,
            finiteDifferences: false);
        Check(Options() with { SoftCap = 3, Dropout = 0.2f, Key = Key, Causal = false }, 9, [131, 31], reach: 200, finiteDifferences: false);
    }

    [Fact] // key blocks dealt out to several pieces of work
    public void One_very_long_sequence_matches_its_definition()
    {
        Assert.SkipWhen(Op.Tiny, "too long for software arithmetic");
        Check(Options(1, 1), 3, [1100], reach: 5, finiteDifferences: false, tolerance: 5e-5);
    }

    [Theory]
    [InlineData(80), InlineData(128)]
    public void Wide_heads_match_their_definition(int width) => Check(Options(), width, [9, 5], finiteDifferences: false);

    [Fact] // the tolerance is the error of float scores of this size; almost every softmax is one key, whose gradients are rounding errors
    public void Scores_of_ten_thousand_stay_finite_and_near_their_definition()
    {
        var (n, d) = (9, 4);
        Input q = Seeded.Normal(100, [n, d]), k = Seeded.Normal(100, [n, d]), v = Seeded.Normal(n, d);
        Op.Check(t => Ops.Attention(t[0], t[1], t[2], Dense(t[0].Device, [n]), Options(1, 1) with { Scale = 1 }), [q.Constant(), k.Constant(), v], 0.02,
            finiteDifferences: false);
    }

    [Fact]
    public void A_bias_of_minus_infinity_hides_keys()
    {
        foreach (var device in Op.Cpus.Append<Device>(Op.Reference))
        {
            using var scope = new TensorScope();
            using var tape = new Autograd.Tape();
            Input x = Seeded.Normal(3, 4);
            var v = device.From(x.Shape, x.Values, device.Float).Watch();
            // One entry for distance 0 and one for all keys before: the first query sees nothing, the others only what is before them.
            var bias = device.From(new Shape(1, 3), [0, float.NegativeInfinity, float.NegativeInfinity]);
            var y = Ops.Attention(v, v, v, Dense(device, [3]), Options(1, 1) with { RelativeBias = bias });
            Assert.Equal(new double[4], y.ToDoubles()[..4]);
            Op.Close(x.Values[..4], y.ToDoubles()[4..8], 1e-6, "the second query sees the first key alone");
            tape.Backward(y, device.Full(y.Shape, device.Float, 1));
            Assert.All(v.Gradient!.ToDoubles(), g => Assert.True(double.IsFinite(g)));
            v.Gradient.Dispose();
        }
    }

    [Fact]
    public void Rows_that_see_no_key_give_zeros_and_no_gradient()
    {
        foreach (var device in Op.Cpus)
        {
            Input[] inputs = Inputs(Options(1, 1), 3, [4], [2]);
            var (y, gradients) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, [4], [2]), Options(1, 1)), inputs);
            Assert.Equal(new double[6], y[..6]);
            Assert.Equal(new double[6], gradients[0]![..6]);
            Assert.All(y, e => Assert.True(double.IsFinite(e)));
        }
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(5), InlineData(90)]
    public void Window_keeps_exactly_its_keys(int window)
    {
        // With values that name their key, and equal scores, an output is the mean of the keys that are seen.
        var n = Op.Tiny ? 12 : 150;
        foreach (var device in Op.Cpus)
        {
            using var scope = new TensorScope();
            var zero = device.Zeros(new Shape(n, 1));
            var names = device.From(zero.Shape, [.. Enumerable.Range(0, n).Select(i => (float)i)]);
            foreach (var causal in new[] { true, false })
            {
                var y = Ops.Attention(zero, zero, names, Dense(device, [n]), Options(1, 1) with { Window = window, Causal = causal });
                for (var i = 0; i < n; i++)
                {
                    var seen = Enumerable.Range(0, n).Where(j => i - j < window && (causal ? i >= j : j - i < window)).Average();
                    Assert.Equal(seen, y.Value(i), 1e-4 * n);
                }
            }
        }
    }

    [Fact]
    public void Future_tokens_change_no_bit_of_earlier_outputs()
    {
        var (n, cut, width) = Op.Tiny ? (20, 9, 3) : (300, 131, 20);
        foreach (var device in Op.Cpus)
        {
            using var scope = new TensorScope();
            Input[] inputs = Inputs(Options(4, 2), width, [n]);
            Input[] other = Inputs(Options(4, 2), width, [n]);
            var changed = inputs.Zip(other, (a, b) =>
                a with { Values = [.. a.Values[..(cut * a.Shape[1])], .. b.Values[(cut * a.Shape[1])..].Select(x => 50 * x)] }).ToArray();
            var (y, _) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, [n]), Options(4, 2)), inputs);
            var (z, _) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, [n]), Options(4, 2)), changed);
            var kept = cut * 4 * width;
            Assert.Equal(y[..kept], z[..kept]);
            Assert.NotEqual(y[kept..], z[kept..]);
        }
    }

    [Fact]
    public void A_sequence_has_the_same_bits_alone_and_among_others()
    {
        int[] lengths = Op.Tiny ? [3, 9, 1] : [70, 1, 333, 2, 145];
        var o = Options(4, 2) with { Window = 200, SoftCap = 5 };
        foreach (var device in Op.Cpus)
        {
            Input[] all = Inputs(o, 10, lengths, reach: 30);
            var (y, gradients) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, lengths), o with { RelativeBias = t[3] }), all);
            foreach (var s in Enumerable.Range(0, lengths.Length))
            {
                var rows = Starts(lengths)[s]..Starts(lengths)[s + 1];
                Input[] one = [.. all[..3].Select(x => new Input(new Shape(lengths[s], x.Shape[1]), Rows(x.Values, x.Shape[1], rows), x.Type, false)), all[3]];
                var (z, _) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, [lengths[s]]), o with { RelativeBias = t[3] }), one);
                Assert.Equal(Rows(y, 40, rows), z);
            }
        }
    }

    static double[] Rows(double[] values, int width, Range rows) => values[(rows.Start.Value * width)..(rows.End.Value * width)];

    [Fact]
    public void Repeated_key_heads_give_the_bits_of_shared_ones()
    {
        var n = Op.Tiny ? 8 : 150;
        foreach (var device in Op.Cpus)
        {
            using var scope = new TensorScope();
            Input[] x = Inputs(Options(4, 2), 5, [n]);
            Input Repeat(Input kv) =>
                new(new Shape(n, 20), [.. Enumerable.Range(0, n * 20).Select(e => kv.Values[e / 20 * 10 + e % 20 / 10 * 5 + e % 5])], DType.F32, true);
            var (shared, _) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, [n]), Options(4, 2)), x);
            var (own, _) = Op.Run(device, t => Ops.Attention(t[0], t[1], t[2], Dense(device, [n]), Options(4, 4)), [x[0], Repeat(x[1]), Repeat(x[2])]);
            Assert.Equal(shared, own);
        }
    }

    [Fact]
    public void Dropout_keeps_the_expected_share_and_the_mean()
    {
        var n = Op.Tiny ? 16 : 128;
        using var scope = new TensorScope();
        var device = Op.Cpus[0];
        var zero = device.Zeros(new Shape(n, 1));
        var one = device.Full(zero.Shape, DType.F32, 1);
        var y = Ops.Attention(zero, zero, one, Dense(device, [n]), Options(1, 1) with { Causal = false, Dropout = 0.25f, Key = Key });
        Assert.InRange(y.ToDoubles().Average(), 0.95, 1.05); // standard error 0.0045 at n = 128, 0.036 at 16
        var again = Ops.Attention(zero, zero, one, Dense(device, [n]), Options(1, 1) with { Causal = false, Dropout = 0.25f, Key = Key.At(9) });
        Assert.NotEqual(y.ToDoubles(), again.ToDoubles());
    }

    [Fact]
    public void Shapes_and_layouts_that_do_not_fit_are_named()
    {
        var device = Op.Cpus[0];
        using var scope = new TensorScope();
        Tensor q = device.Zeros(new Shape(5, 8)), k = device.Zeros(new Shape(6, 4));
        var o = Options(4, 2);
        Throws("(6, 3)", () => Ops.Attention(q, device.Zeros(new Shape(6, 3)), k, Dense(device, [5], [6]), o));
        Throws("(7, 4)", () => Ops.Attention(q, k, device.Zeros(new Shape(7, 4)), Dense(device, [5], [6]), o));
        Throws("3 key heads", () => Ops.Attention(q, k, k, Dense(device, [5], [6]), o with { KvHeads = 3 }));
        Throws("KeyStarts runs from 0 to 5", () => Ops.Attention(q, k, k, Dense(device, [5], [5]), o));
        Throws("QueryStarts[1] is 7", () =>
            Ops.Attention(q, k, k, new AttentionLayout { QueryStarts = device.From([0, 7, 5]), KeyStarts = device.From([0, 6, 6]) }, o),
            orElse: "QueryStarts[2]");
        Throws("neither KeyStarts nor BlockTable", () => Ops.Attention(q, k, k, new AttentionLayout { QueryStarts = device.From([0, 5]) }, o));
        Throws("Window 0", () => Ops.Attention(q, k, k, Dense(device, [5], [6]), o with { Window = 0 }));
        Throws("SoftCap 0", () => Ops.Attention(q, k, k, Dense(device, [5], [6]), o with { SoftCap = 0 }));
        Throws("Dropout 1", () => Ops.Attention(q, k, k, Dense(device, [5], [6]), o with { Dropout = 1 }));
        Throws("RelativeBias", () => Ops.Attention(q, k, k, Dense(device, [5], [6]), o with { RelativeBias = device.Zeros(new Shape(4, 4)) }));
    }

    static void Throws(string named, Action action, string? orElse = null)
    {
        var message = Assert.Throws<ShapeException>(action).Message;
        Assert.True(message.Contains(named, StringComparison.Ordinal) || (orElse is not null && message.Contains(orElse, StringComparison.Ordinal)), message);
    }
}
