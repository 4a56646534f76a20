using Nonet.Inference.Beams;
using Nonet.Tensors;

namespace Nonet.Tests.Inference.Beams;

public class BeamSearchTests
{
    const int Start = 0, End = 1, A = 2, B = 3, C = 4;

    static BeamOptions Options(int beam, double alpha = 0, int extra = 50) => new() { Beam = beam, Alpha = alpha, MaxExtra = extra, EndToken = End };

    /// <summary>Probabilities of end, A, B and C; the start token has none.</summary>
    static double[] P(double end, double a, double b, double c = 0) => [0, end, a, b, c];

    /// <summary>A looks better at first (0.6 to 0.4), but what follows B is sure: A x is 0.6 · 0.4 · ½, B A is 0.4 · 0.9.</summary>
    static TableModel Misleading() => new(5, (_, y) => y switch
    {
        [] => P(0, 0.6, 0.4),
        [A] => P(0.2, 0.4, 0.4),
        [B] => P(0.05, 0.9, 0.05),
        [A, ..] => P(0.5, 0.25, 0.25),
        [B, A] => P(1, 0, 0),
        _ => P(1, 0, 0),
    });

    [Fact]
    public void A_beam_of_two_finds_what_greedy_misses()
    {
        var greedy = Assert.Single(new BeamSearch(Misleading(), Options(1)).Run([9], TestContext.Current.CancellationToken));
        Assert.Equal([A, A], greedy.Tokens); // equals: the lower id
        Assert.Equal(Math.Log(0.6 * 0.4 * 0.5), greedy.LogProbability, 1e-6);
        var best = new BeamSearch(Misleading(), Options(2)).Run([9], TestContext.Current.CancellationToken);
        Assert.Equal([B, A], best[0].Tokens);
        Assert.Equal(Math.Log(0.4 * 0.9), best[0].LogProbability, 1e-6);
        Assert.True(best[0].Ended);
        Assert.Equal(2, best.Count);
    }

    /// <summary>The end at once has 0.5; A A A and the end 0.5 · 0.9³ = 0.3645, four tokens long: (9/6)^α more.</summary>
    static TableModel Terse() => new(5, (_, y) => y.Length switch
    {
        0 => P(0.5, 0.5, 0),
        < 3 => P(0.1, 0.9, 0),
        3 => P(0.9, 0.1, 0),
        _ => P(1, 0, 0),
    });

    [Theory] // log 0.5 = -0.693 over (6/6)^α = 1; log 0.3645 = -1.009 over 1.5^α: equal at α = 0.926
    [InlineData(0, 0)]
    [InlineData(0.9, 0)]
    [InlineData(0.95, 3)]
    [InlineData(-1, 0)]
    public void The_length_penalty_decides_between_short_and_long(double alpha, int length)
    {
        var best = new BeamSearch(Terse(), Options(3, alpha)).Run([9], TestContext.Current.CancellationToken)[0];
        Assert.Equal(length, best.Tokens.Length);
        Assert.Equal(best.LogProbability / Math.Pow((5.0 + length + 1) / 6, alpha), best.Score, 1e-12);
    }

    [Theory] // transformers: ln p over |Y|^p; ln 0.5 over 1 against ln 0.3645 over 4^p: equal at p = 0.271
    [InlineData(0, 0)]
    [InlineData(0.2, 0)]
    [InlineData(0.3, 3)]
    [InlineData(1, 3)]
    public void By_transformers_rule_the_penalty_is_a_power_of_the_length(double exponent, int length)
    {
        var best = new BeamSearch(Terse(), Options(3) with { LengthPenalty = exponent }).Run([9], TestContext.Current.CancellationToken)[0];
        Assert.Equal(length, best.Tokens.Length);
        Assert.Equal(best.LogProbability / Math.Pow(length + 1, exponent), best.Score, 1e-12);
    }

    [Fact] // A A without an end has 0.81, and passes A and its end with 0.09; by our rule what ended goes first
    public void By_transformers_rule_ended_and_cut_hypotheses_compete()
    {
        var model = new TableModel(5, (_, y) => P(0.1, 0.9, 0));
        var ours = new BeamSearch(model, Options(2, extra: 1)).Run([9], TestContext.Current.CancellationToken);
        Assert.Equal([(true, 0), (true, 1)], ours.Select(o => (o.Ended, o.Tokens.Length)));
        var theirs = new BeamSearch(model, Options(2, extra: 1) with { LengthPenalty = 0 }).Run([9], TestContext.Current.CancellationToken);
        Assert.Equal([(false, 2), (true, 0)], theirs.Select(o => (o.Ended, o.Tokens.Length)));
        Assert.Equal([Math.Log(0.81), Math.Log(0.1)],
            theirs.Select(o => Math.Round(o.LogProbability, 5)).Zip([Math.Log(0.81), Math.Log(0.1)], (got, want) => Math.Abs(got - want) < 1e-4 ? want : got));
        var long1 = new BeamSearch(model, Options(2, extra: 1) with { LengthPenalty = 1 }).Run([9], TestContext.Current.CancellationToken);
        Assert.Equal(Math.Log(0.81) / 2, long1[0].Score, 1e-6);
    }

    [Fact]
    public void Ends_do_not_empty_the_beam()
    {
        // After A as after B the end has 0.6: the two best continuations of a beam of two both end. The third token's road must stay open: A C and the sure
        // end, 0.5 · 0.4, score (8/6)^2 less for its length of 3 than A and its end, 0.5 · 0.6, with (7/6)^2.
        var model = new TableModel(5, (_, y) => y switch
        {
            [] => P(0, 0.5, 0.5),
            [A] => P(0.6, 0, 0, 0.4),
            [B] => P(0.6, 0, 0, 0.4),
            _ => P(1, 0, 0),
        });
        var outputs = new BeamSearch(model, Options(2, alpha: 6)).Run([9], TestContext.Current.CancellationToken);
        Assert.Equal([[A, C], [B, C]], outputs.Select(o => o.Tokens)); // ln 0.2 / (8/6)^6 = -0.286 before ln 0.3 / (7/6)^6 = -0.477
    }

    [Theory] // sharp and flat tables; with penalties of either sign
    [InlineData(0.0), InlineData(0.6), InlineData(3.0), InlineData(-1.5)]
    public void A_beam_as_wide_as_all_outputs_is_exhaustive_search(double alpha)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var model = Random(seed, sharpness: 1 + seed % 3);
            var all = model.All(9, End, most: 4).ToArray();
            var want = all.Where(o => o.Ended).Select(o => (o.Tokens, Score: o.Log / Math.Pow((5.0 + o.Tokens.Length + 1) / 6, alpha)))
                .OrderByDescending(o => o.Score).ToArray();
            var got = new BeamSearch(model, Options(all.Length, alpha, extra: 3)).Run([9], TestContext.Current.CancellationToken);
            Assert.Equal(all.Length, got.Count);
            Assert.Equal(want.Select(o => o.Tokens), got.Take(want.Length).Select(o => o.Tokens));
            Assert.All(got.Zip(want), pair => Assert.Equal(pair.Second.Score, pair.First.Score, 1e-5));
            Assert.All(got.Skip(want.Length), o => Assert.Equal((false, 4), (o.Ended, o.Tokens.Length)));
        }
    }

    [Theory]
    [InlineData(0.0), InlineData(0.6), InlineData(3.0), InlineData(-1.5)]
    public void Stopping_early_loses_nothing(double alpha)
    {
        var (rows, all) = (0, 0);
        for (var seed = 0; seed < 40; seed++)
        {
            var model = Random(seed, sharpness: 2);
            var got = new BeamSearch(model, Options(3, alpha, extra: 9)).Run([9], TestContext.Current.CancellationToken);
            rows += model.Rows;
            var want = ToTheEnd(model, beam: 3, alpha, most: 10, out var steps);
            all += steps;
            Assert.Equal(want.Select(o => o.Tokens), got.Select(o => o.Tokens));
            Assert.All(got.Zip(want), pair => Assert.Equal(pair.Second.Score, pair.First.Score, 1e-5));
        }
        Assert.InRange(rows, 1, alpha == 3 ? all : all - 1); // and it does stop early, unless length counts for too much
    }

    /// <summary>The same search written plainly and run to the longest output.</summary>
    static (int[] Tokens, double Score)[] ToTheEnd(TableModel model, int beam, double alpha, int most, out int rows)
    {
        var alive = new List<(int[] Tokens, double Log)> { ([], 0) };
        var ended = new List<(int[] Tokens, double Score)>();
        double Penalty(int n) => Math.Pow((5.0 + n) / 6, alpha);
        rows = 0;
        for (var n = 1; n <= most; n++)
        {
            rows += alive.Count;
            var ranked = alive.SelectMany(a => model.All(9, End, 1 + a.Tokens.Length, a.Tokens, a.Log)).OrderByDescending(o => o.Log).ToArray();
            ended.AddRange(ranked.Take(beam).Where(o => o.Ended).Select(o => (o.Tokens, o.Log / Penalty(n))));
            alive = [.. ranked.Where(o => !o.Ended).Take(beam).Select(o => (o.Tokens, o.Log))];
        }
        ended = [.. ended.OrderByDescending(o => o.Score).Take(beam)];
        return [.. ended, .. alive.Take(beam - ended.Count).Select(o => (o.Tokens, o.Log / Penalty(most)))];
    }

    /// <summary>Probabilities that depend on source and prefix.</summary>
    static TableModel Random(int seed, double sharpness) => new(5, (source, y) =>
    {
        var key = y.Aggregate((ulong)(seed * 31 + source), (h, id) => h * 6364136223846793005 + (ulong)id + 1442695040888963407);
        double[] raw = [0, .. Enumerable.Range(0, 4).Select(i => Math.Exp(sharpness * Philox.Normal(new RandomKey(3, 0, 0), key + (ulong)i)))];
        return [.. raw.Select(x => x / raw.Sum())];
    });

    [Fact]
    public void Several_sources_are_searched_as_one_by_one_and_leave_when_they_are_done()
    {
        var model = Random(5, 2);
        int[][] sources = [[9, 1], [8], [7, 2, 3, 4, 5], [6, 1]];
        var together = new BeamSearch(model, Options(3, 0.6, 8)).Run(sources, TestContext.Current.CancellationToken);
        var rows = model.Rows;
        for (var i = 0; i < sources.Length; i++)
        {
            var alone = new BeamSearch(model, Options(3, 0.6, 8)).Run(sources[i], TestContext.Current.CancellationToken);
            Assert.Equal(alone.Select(o => (string.Join(' ', o.Tokens), o.LogProbability, o.Score, o.Ended)),
                together[i].Select(o => (string.Join(' ', o.Tokens), o.LogProbability, o.Score, o.Ended)));
        }
        Assert.Equal(rows, model.Rows - rows);
    }

    [Fact]
    public void Long_outputs_fork_within_blocks_and_across_them()
    {
        // Two roads of equal worth at every step that is a power of two: forks at all depths of a block and beyond its 64 tokens. What wins is checked by its
        // whole prefix:
        // a road is worth more the more B it has.
        var model = new TableModel(5, (_, y) => y.Length >= 150 ? P(1, 0, 0)
            : (y.Length & (y.Length + 1)) == 0 ? P(0, 0.49, 0.51)
            : P(0, 0.999, 0.001 * (1 + y.Count(id => id == B)) / 200, 0.001 * (199 - y.Count(id => id == B)) / 200));
        var best = new BeamSearch(model, Options(4, 0, 199)).Run([9], TestContext.Current.CancellationToken)[0];
        Assert.Equal(150, best.Tokens.Length);
        Assert.All(best.Tokens.Select((id, i) => (id, i)), t => Assert.Equal((t.i & (t.i + 1)) == 0 ? B : A, t.id));
    }

    [Theory]
    [InlineData(3, 200, 4)] // the source's one token and 3 more
    [InlineData(0, 200, 1)]
    [InlineData(50, 7, 7)] // the model's positions
    public void The_length_is_bounded_by_the_source_and_by_the_model(int extra, int context, int tokens)
    {
        var model = new TableModel(5, (_, _) => P(0, 0.7, 0.3)) { Context = context };
        var outputs = new BeamSearch(model, Options(2, 0.6, extra)).Run([9], TestContext.Current.CancellationToken);
        Assert.Equal(2, outputs.Count);
        Assert.All(outputs, o => Assert.Equal((false, tokens), (o.Ended, o.Tokens.Length)));
        Assert.Equal(tokens * Math.Log(0.7), outputs[0].LogProbability, 1e-5);
    }

    [Fact]
    public void Suppressed_ids_and_those_beyond_the_vocabulary_are_never_written()
    {
        TableModel Model() => new(5, (_, y) => y.Length == 2 ? P(1, 0, 0) : [0.3, 0.1, 0.3, 0.1, 0.2]); // start, end, A, B, C
        Assert.Equal([A, A], new BeamSearch(Model(), Options(1)).Run([9], TestContext.Current.CancellationToken)[0].Tokens);
        Assert.Equal([C, C], new BeamSearch(Model(), Options(1) with { Suppressed = [A] }).Run([9], TestContext.Current.CancellationToken)[0].Tokens);
        var best = new BeamSearch(Model(), Options(1) with { Suppressed = [A], Vocab = 4 }).Run([9], TestContext.Current.CancellationToken)[0];
        Assert.Equal([], best.Tokens); // end and B are equal: the lower id
        Assert.Equal(Math.Log(0.1), best.LogProbability, 1e-6); // not renormalised
    }

    [Fact]
    public void A_search_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        var steps = 0;
        var model = new TableModel(5, (_, _) =>
        {
            if (++steps == 5)
                source.Cancel();
            return P(0, 0.7, 0.3);
        });
        Assert.Throws<OperationCanceledException>(() => new BeamSearch(model, Options(1)).Run([9], source.Token));
        Assert.Equal(5, steps);
    }

    [Fact]
    public void Probabilities_that_are_no_numbers_are_an_error() =>
        Assert.Contains("not numbers",
            Assert.Throws<InvalidDataException>(() =>
            new BeamSearch(new TableModel(5, (_, _) => P(double.NaN, 1, 0)), Options(2)).Run([9], TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Options_that_do_not_suit_are_named()
    {
        void Refused(BeamOptions options, string message) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => new BeamSearch(Misleading(), options)).Message, StringComparison.Ordinal);
        Refused(Options(0), "BeamOptions.Beam is 0");
        Refused(Options(1, double.NaN), "BeamOptions.Alpha is NaN");
        Refused(Options(1, extra: -1), "BeamOptions.MaxExtra is -1");
        Refused(Options(1) with { EndToken = 5 }, "BeamOptions.EndToken is 5; expected an id below 5");
        Refused(Options(1) with { Vocab = 6 }, "BeamOptions.Vocab is 6; expected 1 to the model's 5");
        Refused(Options(1) with { Suppressed = [End] }, "BeamOptions.Suppressed");
        Assert.Empty(new BeamSearch(Misleading(), Options(2)).Run((IReadOnlyList<int[]>)[], TestContext.Current.CancellationToken));
    }
}
