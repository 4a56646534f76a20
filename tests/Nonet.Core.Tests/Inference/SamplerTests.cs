using Nonet.Inference;

namespace Nonet.Tests.Inference;

public class SamplerTests
{
    /// <summary>Probabilities 0.2, 0.48, 0.02, 0.3.</summary>
    static readonly float[] Logits = [.. new[] { 0.2, 0.48, 0.02, 0.3 }.Select(p => (float)(Math.Log(p) + 3))];

    static void Distribution(double[] want, SamplerOptions options, float[]? logits = null)
    {
        var got = Probabilities(new Sampler(options), logits ?? Logits);
        Assert.All(want.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    static double[] Probabilities(Sampler sampler, float[] logits)
    {
        var p = new double[logits.Length];
        sampler.Probabilities(logits, p);
        return p;
    }

    [Fact]
    public void Plain_sampling_draws_from_the_softmax() => Distribution([0.2, 0.48, 0.02, 0.3], new SamplerOptions());

    [Fact]
    public void Temperature_divides_the_logits() // 1/2: the squares 0.04, 0.2304, 0.0004, 0.09 over their sum
        => Distribution([0.04 / 0.3608, 0.2304 / 0.3608, 0.0004 / 0.3608, 0.09 / 0.3608], new SamplerOptions { Temperature = 0.5 });

    [Fact]
    public void Temperature_zero_takes_the_likeliest() => Distribution([0, 1, 0, 0], SamplerOptions.Greedy);

    [Fact]
    public void Top_k_keeps_the_k_likeliest() => Distribution([0, 0.48 / 0.78, 0, 0.3 / 0.78], new SamplerOptions { TopK = 2 });

    [Fact]
    public void Top_k_of_everything_changes_nothing() => Distribution([0.2, 0.48, 0.02, 0.3], new SamplerOptions { TopK = 9 });

    [Theory]
    [InlineData(0.4, new[] { 0, 1, 0, 0 })]
    [InlineData(0.5, new[] { 0, 1, 0, 1 })] // 0.48 is not enough
    [InlineData(0.77, new[] { 0, 1, 0, 1 })]
    [InlineData(0.79, new[] { 1, 1, 0, 1 })]
    [InlineData(0.99, new[] { 1, 1, 1, 1 })]
    [InlineData(1.0, new[] { 1, 1, 1, 1 })]
    public void Top_p_keeps_the_fewest_likeliest_that_sum_to_p(double p, int[] kept)
    {
        double[] all = [0.2, 0.48, 0.02, 0.3];
        var sum = all.Zip(kept, (a, k) => a * k).Sum();
        Distribution([.. all.Zip(kept, (a, k) => a * k / sum)], new SamplerOptions { TopP = p });
    }

    [Fact]
    public void Top_p_counts_what_temperature_and_top_k_left() // of 0.48, 0.3 and 0.2 over 0.98, the first two are 0.796
        => Distribution([0, 0.48 / 0.78, 0, 0.3 / 0.78], new SamplerOptions { TopK = 3, TopP = 0.79 });

    [Theory]
    [InlineData(0.05, new[] { 1, 1, 0, 1 })] // 0.02 is 0.042 of 0.48
    [InlineData(0.04, new[] { 1, 1, 1, 1 })]
    [InlineData(0.5, new[] { 0, 1, 0, 1 })] // 0.2 is 0.417 of it, 0.3 is 0.625
    [InlineData(1.0, new[] { 0, 1, 0, 0 })]
    [InlineData(0.0, new[] { 1, 1, 1, 1 })]
    public void Min_p_keeps_what_is_at_least_p_times_as_likely_as_the_likeliest(double p, int[] kept)
    {
        double[] all = [0.2, 0.48, 0.02, 0.3];
        var sum = all.Zip(kept, (a, k) => a * k).Sum();
        Distribution([.. all.Zip(kept, (a, k) => a * k / sum)], new SamplerOptions { MinP = p });
    }

    [Fact]
    public void Min_p_counts_what_temperature_left() // 1/2: 0.3 becomes 0.390625 of the likeliest, 0.2 becomes 0.1736
        => Distribution([0, 0.2304 / 0.3204, 0, 0.09 / 0.3204], new SamplerOptions { Temperature = 0.5, MinP = 0.2 });

    [Fact]
    public void Repetition_penalty_divides_positive_logits_and_multiplies_negative_ones()
    {
        float[] logits = [2, -1, 1, 0];
        double[] penalised = [1, -2, 1, 0]; // ids 0, 1 and 3 were seen; 7 is not in the vocabulary
        var sum = penalised.Sum(Math.Exp);
        var got = Probabilities(new Sampler(new SamplerOptions { RepetitionPenalty = 2 }, [0, 1, 3, 7, 1]), logits);
        Assert.All(penalised.Zip(got), pair => Assert.Equal(Math.Exp(pair.First) / sum, pair.Second, 1e-6));
        Assert.Equal([2, -1, 1, 0], logits);
        Assert.Equal(2, new Sampler(new SamplerOptions { RepetitionPenalty = 3, Temperature = 0 }, [0]).Sample(logits).Id); // greedy too: 2/3 is below 1
    }

    [Fact]
    public void Of_equal_logits_the_lower_ids_stay()
    {
        Distribution([0.5, 0.5, 0, 0], new SamplerOptions { TopK = 2 }, [1, 1, 1, 1]);
        Distribution([0.5, 0.5, 0, 0], new SamplerOptions { TopP = 0.5 }, [1, 1, 1, 1]);
        Distribution([0, 1, 0, 0], SamplerOptions.Greedy, [0, 1, 1, 1]);
    }

    [Fact]
    public void A_wide_vocabulary_is_cut_as_by_sorting_it_all()
    {
        var logits = Enumerable.Range(0, 5000).Select(i => (float)(2 * Tensors.Philox.Normal(new Tensors.RandomKey(1, 0, 0), (ulong)i))).ToArray();
        var p = logits.Select(l => Math.Exp(l)).ToArray();
        var order = Enumerable.Range(0, p.Length).OrderByDescending(i => logits[i]).ToArray();
        var (kept, sum, total) = (new HashSet<int>(), 0.0, p.Sum());
        foreach (var i in order)
        {
            kept.Add(i);
            if ((sum += p[i]) >= 0.9 * total)
                break;
        }
        Distribution([.. p.Select((v, i) => kept.Contains(i) ? v / sum : 0)], new SamplerOptions { TopP = 0.9 }, logits);
        kept = [.. order.Take(40)];
        sum = kept.Sum(i => p[i]);
        Distribution([.. p.Select((v, i) => kept.Contains(i) ? v / sum : 0)], new SamplerOptions { TopK = 40 }, logits);
    }

    [Fact]
    public void Minus_infinity_is_never_drawn() => Distribution([0.5, 0, 0.5], new SamplerOptions(), [2, float.NegativeInfinity, 2]);

    [Fact]
    public void Draws_come_as_often_as_their_probability_says()
    {
        var sampler = new Sampler(new SamplerOptions { Seed = 3 });
        const int Draws = 20000;
        var counts = new int[4];
        for (var step = 0; step < Draws; step++)
        {
            var id = sampler.Sample(Logits).Id;
            counts[id]++;
            sampler.Accept(id);
        }
        double[] p = [0.2, 0.48, 0.02, 0.3];
        for (var i = 0; i < 4; i++)
            Assert.InRange(counts[i], Draws * p[i] - 4 * Math.Sqrt(Draws * p[i] * (1 - p[i])), Draws * p[i] + 4 * Math.Sqrt(Draws * p[i] * (1 - p[i])));
    }

    [Fact]
    public void A_seed_and_a_step_give_the_same_token()
    {
        static int[] Draw(ulong seed)
        {
            var sampler = new Sampler(new SamplerOptions { Seed = seed });
            return [.. Enumerable.Range(0, 64).Select(_ =>
            {
                var id = sampler.Sample(Logits).Id;
                Assert.Equal(id, sampler.Sample(Logits).Id); // not accepted yet: the same draw
                sampler.Accept(id);
                return id;
            })];
        }
        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));
        Assert.True(Draw(7).Distinct().Count() > 1);
    }

    [Fact]
    public void Damaged_logits_are_refused()
    {
        var sampler = new Sampler(SamplerOptions.Greedy);
        Assert.Contains("token 1 is not a number", Assert.Throws<InvalidDataException>(() => sampler.Sample([1, float.NaN, 2])).Message,
            StringComparison.Ordinal);
        Assert.Contains("token 2 is infinite", Assert.Throws<InvalidDataException>(() => sampler.Sample([1, 0, float.PositiveInfinity])).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => sampler.Sample([float.NegativeInfinity, float.NegativeInfinity]));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        static string Error(SamplerOptions options) => Assert.Throws<ArgumentException>(() => new Sampler(options)).Message;
        Assert.StartsWith("SamplerOptions.Temperature is -1;", Error(new SamplerOptions { Temperature = -1 }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.Temperature is NaN;", Error(new SamplerOptions { Temperature = double.NaN }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.TopK is 0;", Error(new SamplerOptions { TopK = 0 }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.TopP is 1.5;", Error(new SamplerOptions { TopP = 1.5 }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.MinP is -0.1;", Error(new SamplerOptions { MinP = -0.1 }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.RepetitionPenalty is 0;", Error(new SamplerOptions { RepetitionPenalty = 0 }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.TopP is 0;", Error(new SamplerOptions { TopP = 0 }), StringComparison.Ordinal);
    }
}
