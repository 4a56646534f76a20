using Nonet.Data.Mixtures;

namespace Nonet.Tests.Data.Mixtures;

/// <summary>Shares in proportion to min(rows, cap) within weights across sub-mixtures.</summary>
public class SharesTests
{
    [Fact]
    public void Shares_follow_weights_and_caps_of_the_rows_that_fit()
    {
        var long4 = Rows.Task("long", 6) with { Rows = [.. Enumerable.Range(0, 6).Select(i => Rows.Row(new string('x', i < 4 ? 10 : 500), "y"))] };
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a", 3, cap: 20), Rows.Sub("b", 1) with { Inverted = 0.5 }) with { MaxInput = 300 },
            [[Rows.Task("big", 100), Rows.Task("small", 10)], [long4]], text => text.Length);
        Assert.Equal([("big", 20), ("small", 10), ("long", 4), ("long (inverted)", 4)], mixture.Shares.Select(s => (s.Name, s.Counted)));
        Assert.Equal([0.5, 0.25, 0.25 / 1.5, 0.125 / 1.5], mixture.Shares.Select(s => s.Rate), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0, 0, 2, 2], mixture.Shares.Select(s => s.TooLong));
    }

    [Theory] // chi-square of the drawn tasks, p > .01
    [InlineData(1UL), InlineData(2UL), InlineData(3UL)]
    public void Drawn_tasks_are_as_frequent_as_their_shares(ulong seed)
    {
        int[] rows = [5, 17, 40, 200, 900, 3000];
        var mixture = new InstructionMixture(
            Rows.Options(Rows.Sub("a", 0.7, cap: 500), Rows.Sub("b", 0.3, cap: 100) with { Inverted = 0.3 }) with { Seed = seed },
            [[.. rows.Select(n => Rows.Task($"a{n}", n))], [.. rows.Select(n => Rows.Task($"b{n}", n))]]);
        const int Examples = 20_000;
        var counts = new int[mixture.Shares.Count];
        for (var i = 0; i < Examples; i++)
            counts[mixture.DrawOf(i).Share]++;
        AssertFits(counts, [.. mixture.Shares.Select(s => s.Rate)]);
        var straight = Enumerable.Range(0, Examples).Select(i => mixture.DrawOf(i)).Where(d => d.Inversion is null).ToArray();
        AssertFits(Counts(straight, d => d.Template), [.. Enumerable.Repeat(1.0 / 12, 12)]);
        AssertFits(Counts(straight, d => d.Style), [.. Enumerable.Repeat(1.0 / 12, 12)]);
    }

    static int[] Counts(MixtureDraw[] draws, Func<MixtureDraw, int> value) => [.. draws.GroupBy(value).OrderBy(g => g.Key).Select(g => g.Count())];

    /// <summary>Chi-square by the cube root of Wilson and Hilferty, one-sided, 1 %.</summary>
    static void AssertFits(int[] counts, double[] rates)
    {
        Assert.Equal(rates.Length, counts.Length);
        var total = counts.Sum();
        var chi = counts.Select((c, i) => Math.Pow(c - total * rates[i], 2) / (total * rates[i])).Sum();
        double k = counts.Length - 1;
        var z = (Math.Cbrt(chi / k) - (1 - 2 / (9 * k))) / Math.Sqrt(2 / (9 * k));
        Assert.True(z < 2.326, $"chi-square {chi:0.0} with {k} degrees of freedom");
    }

    [Fact]
    public void Every_row_comes_once_before_any_comes_again()
    {
        var mixture = new InstructionMixture(Rows.Options(Rows.Sub("a")), [[Rows.Task("t", 37)]]);
        var counts = Enumerable.Range(0, 1024).GroupBy(i => mixture.DrawOf(i).Row).Select(g => g.Count()).ToArray(); // 27 epochs and a part of the next
        Assert.Equal(37, counts.Length);
        Assert.All(counts, c => Assert.InRange(c, 27, 28));
    }

    [Theory]
    [InlineData(MixturePreset.PaperA, "muffin:52:30000,t0_sf:15:20000,cot:3:100000,niv2:30:5000")]
    [InlineData(MixturePreset.PaperB, "muffin:46:30000,t0_sf:27.9:20000,cot:1.8:100000,niv2:24.2:5000")]
    [InlineData(MixturePreset.FlanCollection, "flan2021:40:30000,t0:32:20000,niv2:20:5000,cot:5:100000,dialog:3:200000")]
    public void A_preset_has_the_weights_and_caps_of_its_paper(MixturePreset preset, string expected)
    {
        var parts = expected.Split(',').Select(p => p.Split(':')).ToArray();
        var options = Rows.Options([.. parts.Select(p => Rows.Sub(p[0]))]) with { Preset = preset };
        var mixture = new InstructionMixture(options, [.. parts.Select(p => (IReadOnlyList<MixtureTask>)[Rows.Task(p[0], 3)])]);
        var sum = parts.Sum(p => double.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture));
        foreach (var part in parts)
        {
            var own = mixture.Shares.Where(s => s.Submixture == part[0]).ToArray();
            Assert.Equal(double.Parse(part[1], System.Globalization.CultureInfo.InvariantCulture) / sum, own.Sum(s => s.Rate), 12);
            Assert.Equal(int.Parse(part[2], System.Globalization.CultureInfo.InvariantCulture), own[0].Settled.Cap);
            Assert.Equal(preset == MixturePreset.FlanCollection && part[0] is "cot" or "dialog" ? 2 : 1, own.Length);
            if (own.Length == 2)
                Assert.Equal(0.3, own[1].Rate / own[0].Rate, 12);
        }
    }

    [Fact]
    public void A_smaller_choice_of_tasks_is_a_part_of_a_larger_one_and_covers_clusters_first()
    {
        MixtureTask[] tasks = [.. Enumerable.Range(0, 12).Select(i => Rows.Task($"t{i}", 5, $"c{i % 4}"))];
        HashSet<string>[] chosen =
            [.. new[] { 1, 4, 8, 12 }.Select(n =>
            new InstructionMixture(Rows.Options(Rows.Sub("a")) with { Tasks = n }, [tasks]).Shares.Select(s => s.Task.Name).ToHashSet())];
        Assert.Equal([1, 4, 8, 12], chosen.Select(c => c.Count));
        for (var i = 1; i < chosen.Length; i++)
            Assert.Subset(chosen[i], chosen[i - 1]);
        Assert.Equal(4, chosen[1].Select(n => int.Parse(n[1..], System.Globalization.CultureInfo.InvariantCulture) % 4).Distinct().Count());
        Assert.Contains("tasks is 13, but only 12 tasks",
            Assert.Throws<MixtureException>(() => new InstructionMixture(Rows.Options(Rows.Sub("a")) with { Tasks = 13 }, [tasks])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_sum_to_nothing_are_an_error_that_says_why()
    {
        var none = Assert.Throws<ArgumentException>(() =>
            new InstructionMixture(Rows.Options(Rows.Sub("a", 0), Rows.Sub("b", 0)), [[Rows.Task("t", 3)], [Rows.Task("u", 3)]]));
        Assert.Contains("weights that sum to nothing (a 0, b 0)", none.Message, StringComparison.Ordinal);
        var held = Assert.Throws<MixtureException>(() =>
            new InstructionMixture(Rows.Options(Rows.Sub("a")) with { HeldOut = ["open"] }, [[Rows.Task("t", 3)]]));
        Assert.Contains("sum to nothing: a (weight 1) has 1 task, 1 held out", held.Message, StringComparison.Ordinal);
        var tooLong = Assert.Throws<MixtureException>(() =>
            new InstructionMixture(Rows.Options(Rows.Sub("a")) with { MaxInput = 3 }, [[Rows.Task("t", 3)]], text => text.Length));
        Assert.Contains("3 too long", tooLong.Message, StringComparison.Ordinal);
        Assert.Contains("names the cluster nowhere",
            Assert.Throws<MixtureException>(() => new InstructionMixture(Rows.Options(Rows.Sub("a")) with { HeldOut = ["nowhere"] }, [[Rows.Task("t", 3)]]))
            .Message, StringComparison.Ordinal);
    }
}
