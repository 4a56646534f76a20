using Nonet.Inference;
using Nonet.Inference.Constraints;
using Nonet.Tensors;

namespace Nonet.Tests.Inference;

public class SamplerPenaltyTests
{
    /// <summary>Probabilities 0.2, 0.48, 0.02, 0.3: surprises 2.32, 1.06, 5.64 and 1.74 bits; entropy 1.1136 nats.</summary>
    static readonly float[] Logits = [.. new[] { 0.2, 0.48, 0.02, 0.3 }.Select(p => (float)(Math.Log(p) - 2))];

    static double[] Probabilities(Sampler sampler, float[] logits, TokenMask? allowed = null)
    {
        var p = new double[logits.Length];
        sampler.Probabilities(logits, p, allowed);
        return p;
    }

    static Sampler After(SamplerOptions options, int[] prompt, params int[] text)
    {
        var sampler = new Sampler(options, prompt);
        foreach (var id in text)
            sampler.Accept(id);
        return sampler;
    }

    static void Softmax(double[] logits, double[] got)
    {
        var sum = logits.Sum(Math.Exp);
        Assert.All(logits.Zip(got), pair => Assert.Equal(Math.Exp(pair.First) / sum, pair.Second, 1e-6));
    }

    [Fact]
    public void Presence_counts_once_and_frequency_each_time_in_the_new_text_alone() => Softmax(
        [1 - 0.5 - (2 * 0.25), 2 - 0.5 - 0.25, 3],
        Probabilities(After(new SamplerOptions { PresencePenalty = 0.5, FrequencyPenalty = 0.25 }, [2, 2, 0], 0, 1, 0), [1, 2, 3]));

    [Fact]
    public void Repetition_is_penalised_before_presence() => Softmax(
        [(3 / 1.5) - 1, (-2 * 1.5) - 1, 1 / 1.5, 4],
        Probabilities(After(new SamplerOptions { RepetitionPenalty = 1.5, PresencePenalty = 1 }, [2], 0, 1), [3, -2, 1, 4]));

    [Fact]
    public void Bias_is_added_and_minus_infinity_forbids()
    {
        var options = new SamplerOptions { LogitBias = new Dictionary<int, double> { [0] = 1.5, [1] = double.NegativeInfinity } };
        Softmax([2.5, double.NegativeInfinity, 3], Probabilities(new Sampler(options), [1, 9, 3]));
        Assert.Contains("token 1; the vocabulary has ids 0 to 0", Assert.Throws<ArgumentException>(() => new Sampler(options).Sample([1f])).Message,
            StringComparison.Ordinal);
    }

    [Theory] // |surprise - entropy| is 0.496, 0.380, 2.798 and 0.090
    [InlineData(0.29, new[] { 0, 0, 0, 1 })]
    [InlineData(0.5, new[] { 0, 1, 0, 1 })]
    [InlineData(0.8, new[] { 1, 1, 0, 1 })]
    [InlineData(0.99, new[] { 1, 1, 1, 1 })]
    [InlineData(1.0, new[] { 1, 1, 1, 1 })]
    public void Typical_keeps_the_tokens_whose_surprise_is_nearest_to_the_entropy(double mass, int[] kept)
    {
        double[] all = [0.2, 0.48, 0.02, 0.3];
        var sum = all.Zip(kept, (a, k) => a * k).Sum();
        Assert.All(all.Zip(kept, (a, k) => a * k / sum).Zip(Probabilities(new Sampler(new SamplerOptions { Typical = mass }), Logits)), pair =>
            Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Mirostat_cuts_what_surprises_more_than_mu_and_mu_follows_the_target()
    {
        var sampler = new Sampler(new SamplerOptions { Mirostat = new MirostatOptions { Target = 1, Rate = 1 }, Seed = 4 });
        double[] p = [0.2, 0.48, 0.02, 0.3];
        var (mu, cuts) = (2.0, new HashSet<int>());
        for (var step = 0; step < 200; step++)
        {
            var kept = p.Select(x => -Math.Log2(x) <= mu ? x : 0).ToArray();
            if (kept.Sum() == 0)
                kept[1] = 1; // the likeliest stays
            var sum = kept.Sum();
            Assert.All(kept.Zip(Probabilities(sampler, Logits)), pair => Assert.Equal(pair.First / sum, pair.Second, 1e-5));
            cuts.Add(kept.Count(k => k > 0));
            var id = sampler.Sample(Logits).Id;
            sampler.Accept(id);
            mu -= -Math.Log2(kept[id] / sum) - 1;
        }
        Assert.Equal([1, 2, 3], cuts.Order()); // mu moved over two borders
    }

    [Fact]
    public void Dry_penalises_the_extension_of_a_repeated_sequence()
    {
        var dry = new DryOptions { Multiplier = 0.5, Base = 2, AllowedLength = 2 };
        float[] logits = [0, 0, 0, 0, 0, 0];
        // 1 2 3 stands before 4, and 3 before 5: three tokens repeated and one.
        Softmax([0, 0, 0, 0, -0.5 * 2, 0], Probabilities(new Sampler(new SamplerOptions { Dry = dry }, [1, 2, 3, 4, 3, 5, 1, 2, 3]), logits));
        Softmax([0, 0, 0, 0, -0.5 * 4, -0.5],
            Probabilities(new Sampler(new SamplerOptions { Dry = dry with { AllowedLength = 1 } }, [1, 2, 3, 4, 3, 5, 1, 2, 3]), logits));
        // 2 3
        Softmax([0, 0, 0, 0, -0.5, 0],
            Probabilities(new Sampler(new SamplerOptions { Dry = dry with { Breakers = new HashSet<int> { 1 } } }, [1, 2, 3, 4, 3, 5, 1, 2, 3]), logits));
        Softmax([0, 0, 0, 0, 0, 0], Probabilities(new Sampler(new SamplerOptions { Dry = dry with { Window = 5 } }, [1, 2, 3, 4, 3, 5, 1, 2, 3]), logits));
    }

    [Fact]
    public void Dry_agrees_with_its_definition_on_random_texts()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var text = Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(4)).ToArray();
            var breakers = random.Next(2) == 0 ? new HashSet<int>() : [3];
            var want = new double[4];
            for (var i = 0; i + 1 < text.Length && !breakers.Contains(text[^1]); i++)
            {
                var length = 0;
                while (length <= i && text[i - length] == text[^(length + 1)] && !breakers.Contains(text[i - length]))
                    length++;
                if (length >= 2 && !breakers.Contains(text[i + 1]))
                    want[text[i + 1]] = Math.Min(want[text[i + 1]], -0.1 * Math.Pow(1.25, length - 2));
            }
            Softmax(want,
                Probabilities(new Sampler(new SamplerOptions { Dry = new DryOptions { Multiplier = 0.1, Base = 1.25, Breakers = breakers } }, text),
                [0, 0, 0, 0]));
        }
    }

    [Fact]
    public void Rewinding_forgets_the_tokens()
    {
        var options = new SamplerOptions
        {
            RepetitionPenalty = 1.3,
            PresencePenalty = 0.4,
            FrequencyPenalty = 0.2,
            Dry = new DryOptions(),
            Mirostat = new MirostatOptions { Target = 1 }
        };
        var (kept, rewound) = (After(options, [1, 2], 1, 2), After(options, [1, 2], 1, 2));
        for (var i = 0; i < 40; i++)
            rewound.Accept(rewound.Sample(Logits).Id);
        rewound.Rewind(40);
        Assert.Equal(kept.Length, rewound.Length);
        Assert.Equal(Probabilities(kept, Logits), Probabilities(rewound, Logits));
        Assert.Equal(kept.Sample(Logits), rewound.Sample(Logits));
        Assert.Throws<ArgumentOutOfRangeException>(() => rewound.Rewind(3));
    }

    [Fact]
    public void Only_allowed_tokens_are_drawn()
    {
        var allowed = new TokenMask(4);
        allowed.Allow(0);
        allowed.Allow(2);
        Assert.All(new[] { 0.2 / 0.22, 0, 0.02 / 0.22, 0 }.Zip(Probabilities(new Sampler(new SamplerOptions()), Logits, allowed)), pair =>
            Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal(0, new Sampler(SamplerOptions.Greedy).Sample(Logits, allowed).Id);
        Assert.Contains("4 tokens, the logits 3", Assert.Throws<ArgumentException>(() => new Sampler(SamplerOptions.Greedy).Sample([1, 2, 3], allowed)).Message,
            StringComparison.Ordinal);
        allowed.Clear();
        Assert.Contains("constraint allows no token",
            Assert.Throws<InvalidDataException>(() => new Sampler(SamplerOptions.Greedy).Sample(Logits, allowed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_draw_tells_its_probability_under_the_model_and_under_the_sampling()
    {
        double[] p = [0.2, 0.48, 0.02, 0.3];
        var sampler = new Sampler(new SamplerOptions { TopK = 2, Temperature = 0.5 });
        for (var i = 0; i < 20; i++)
        {
            var token = sampler.Sample(Logits);
            sampler.Accept(token.Id);
            Assert.Equal(Math.Log(p[token.Id]), token.LogProbability, 1e-6);
            Assert.Equal(Math.Log(p[token.Id] * p[token.Id] / 0.3204), token.SampledLogProbability, 1e-6);
        }
        Assert.Equal((1, 0.0), (new Sampler(SamplerOptions.Greedy).Sample(Logits).Id, new Sampler(SamplerOptions.Greedy).Sample(Logits).SampledLogProbability));
        Assert.Equal(Math.Log(0.48), new Sampler(SamplerOptions.Greedy).Sample(Logits).LogProbability, 1e-6);
    }

    [Fact]
    public void The_likeliest_tokens_are_listed_in_order()
    {
        var top = new TokenLogProbability[3];
        Assert.Equal(3, TokenProbabilities.Top(Logits, top));
        Assert.Equal([1, 3, 0], top.Select(t => t.Id));
        Assert.All(top.Zip([0.48, 0.3, 0.2]), pair => Assert.Equal(Math.Log(pair.Second), pair.First.LogProbability, 1e-6));
        Assert.Equal(2, TokenProbabilities.Top([1, 1], top));
        Assert.Equal([0, 1], top[..2].Select(t => t.Id));
    }

    /// <summary>Every filter against its definition by sorting everything, over distributions from flat to peaked, and with equal logits.</summary>
    [Fact]
    public void Filters_agree_with_sorting_everything()
    {
        var random = new Random(3);
        for (var round = 0; round < 60; round++)
        {
            var (vocab, scale, steps) = (random.Next(2, 3000), Math.Pow(10, (random.NextDouble() * 3) - 2), random.Next(3));
            var logits = Enumerable.Range(0, vocab).Select(i => (float)(scale * Philox.Normal(new RandomKey((ulong)round, 0, 0), (ulong)i))).ToArray();
            if (steps > 0) // equal ones
                logits = [.. logits.Select(l => MathF.Round(l * steps) / steps)];
            var options = new SamplerOptions
            {
                Temperature = 0.3 + random.NextDouble(),
                TopK = random.Next(3) == 0 ? null : random.Next(2, 2 * vocab),
                TopP = random.Next(3) == 0 ? null : 0.05 + (0.9 * random.NextDouble()),
                MinP = random.Next(3) == 0 ? null : 0.5 * random.NextDouble(),
                Typical = random.Next(3) == 0 ? null : 0.05 + (0.9 * random.NextDouble()),
            };
            var want = ByDefinition(logits, options);
            var got = Probabilities(new Sampler(options), logits);
            Assert.Equal(want.Select(p => p > 0), got.Select(p => p > 0));
            Assert.All(want.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        }
    }

    static double[] ByDefinition(float[] logits, SamplerOptions options)
    {
        var largest = (double)logits.Max();
        var kept = logits.Select((l, id) => (Id: id, W: Math.Exp((l - largest) / options.Temperature))).OrderByDescending(t => t.W)
            .Take(options.TopK ?? int.MaxValue).ToArray();
        if (options.TopP is { } p)
            kept = Until(kept, p);
        if (options.MinP is { } least)
            kept = [.. kept.Where(t => t.W >= least)];
        if (options.Typical is { } mass)
        {
            var sum = kept.Sum(t => t.W);
            var entropy = kept.Sum(t => -t.W / sum * Math.Log(t.W / sum));
            kept = Until([.. kept.OrderBy(t => Math.Round(Math.Abs(-Math.Log(t.W / sum) - entropy), 12)).ThenBy(t => t.Id)], mass);
        }
        var result = new double[logits.Length];
        foreach (var (id, w) in kept)
            result[id] = w / kept.Sum(t => t.W);
        return result;
    }

    static (int Id, double W)[] Until((int Id, double W)[] order, double share)
    {
        var (sum, total) = (0.0, order.Sum(t => t.W));
        return [.. order.TakeWhile(t => (sum += t.W) - t.W < share * total)];
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        var options = new SamplerOptions
        {
            TopK = 50,
            TopP = 0.9,
            MinP = 0.01,
            Typical = 0.9,
            RepetitionPenalty = 1.1,
            FrequencyPenalty = 0.1,
            Dry = new DryOptions(),
            LogitBias = new Dictionary<int, double> { [1] = -1 }
        };
        var logits = Enumerable.Range(0, 5000).Select(i => (float)Philox.Normal(new RandomKey(1, 0, 0), (ulong)i)).ToArray();
        var sampler = new Sampler(options, [1, 2, 3], capacity: 400);
        var before = 0L;
        for (var step = 0; step < 400; step++)
        {
            if (step == 300)
                before = GC.GetAllocatedBytesForCurrentThread();
            sampler.Accept(sampler.Sample(logits).Id);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void New_options_out_of_range_are_named()
    {
        static string Error(SamplerOptions options) => Assert.Throws<ArgumentException>(() => new Sampler(options)).Message;
        Assert.StartsWith("SamplerOptions.Typical is 0;", Error(new SamplerOptions { Typical = 0 }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.PresencePenalty is NaN;", Error(new SamplerOptions { PresencePenalty = double.NaN }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.LogitBias[3] is NaN;", Error(new SamplerOptions { LogitBias = new Dictionary<int, double> { [3] = double.NaN } }),
            StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.Dry.Base is 0.5;", Error(new SamplerOptions { Dry = new DryOptions { Base = 0.5 } }), StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.Mirostat.Target is 0;", Error(new SamplerOptions { Mirostat = new MirostatOptions { Target = 0 } }),
            StringComparison.Ordinal);
        Assert.StartsWith("SamplerOptions.Mirostat is set together with TopK", Error(new SamplerOptions { Mirostat = new MirostatOptions(), TopK = 3 }),
            StringComparison.Ordinal);
    }
}
