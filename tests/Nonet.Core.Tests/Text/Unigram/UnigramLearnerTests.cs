using Nonet.Text.Unigram;

namespace Nonet.Tests.Text.Unigram;

public class UnigramLearnerTests
{
    const double EulerMascheroni = 0.57721566490153286;

    [Fact] // Abramowitz and Stegun, 6.3.2 and 6.3.3; a sum of fractions less the constant
    public void Digamma_has_its_known_values()
    {
        Assert.Equal(-EulerMascheroni, UnigramLearner.Digamma(1), 1e-12);
        Assert.Equal(-EulerMascheroni - (2 * Math.Log(2)), UnigramLearner.Digamma(0.5), 1e-12);
        Assert.Equal(-EulerMascheroni + Enumerable.Range(1, 9).Sum(k => 1.0 / k), UnigramLearner.Digamma(10), 1e-12);
        Assert.Equal(-EulerMascheroni + Enumerable.Range(1, 99_999).Sum(k => 1.0 / k), UnigramLearner.Digamma(100_000), 1e-10);
    }

    // counts 8 and 1; a rare character counts as half; the rare piece goes: ψ(8), ψ(1) and ψ(1/2) less ψ(9.5)
    [Fact]
    public void Maximisation_drops_rare_pieces_and_keeps_characters()
    {
        var scores = UnigramLearner.Maximised([false, true, true, false], [8, 1, 0.25, 0.49]);
        var all = (-2 * Math.Log(2)) - EulerMascheroni + Enumerable.Range(1, 9).Sum(k => 2.0 / ((2 * k) - 1));
        Assert.Equal(-EulerMascheroni + Enumerable.Range(1, 7).Sum(k => 1.0 / k) - all, scores[0]!.Value, 1e-12);
        Assert.Equal(-EulerMascheroni - all, scores[1]!.Value, 1e-12);
        Assert.Equal(-EulerMascheroni - (2 * Math.Log(2)) - all, scores[2]!.Value, 1e-12);
        Assert.Null(scores[3]);
    }

    // hug is in hug and hugs, at an end; so are ug and the rest. hug covers 3 · 15 of the text, ug 2 · 20, hugs 4 · 5
    [Fact]
    public void Seeds_are_characters_and_the_substrings_that_cover_most()
    {
        var units = UnigramUnitsTests.Units(("hug", 10), ("hugs", 5), ("pug", 5));
        var seeds = UnigramLearner.Seed(units, maxLength: 16, size: 8);
        Assert.Equal(["g", "h", "p", "s", "u", "hug", "ug", "hugs"], seeds.Select(s => UnigramUnitsTests.Text(units, s.Start, s.Length)));
        double all = 20 + 15 + 5 + 5 + 20 + 45 + 40 + 20;
        Assert.All(seeds.Zip([20, 15, 5, 5, 20, 45, 40, 20]), s => Assert.Equal(Math.Log(s.Second / all), s.First.Score, 1e-12));
        Assert.DoesNotContain(UnigramLearner.Seed(units, maxLength: 3, size: 100), s => s.Length > 3);
    }

    [Fact]
    public void As_many_pieces_as_wanted_are_left_and_every_character()
    {
        var units = UnigramUnitsTests.Units(
            [.. Enumerable.Range(0, 400)
            .Select(i => (new string([.. Enumerable.Range(0, 3 + (i % 5)).Select(j => (char)('a' + (((i * 7) + (j * j * 3)) % 23)))]), 1 + (i % 17) * 1L)),
            ("q", 1)]);
        foreach (var wanted in new[] { 24, 60, 120 })
        {
            var pieces = new UnigramLearner(units, new UnigramTrainerOptions { Vocab = wanted }, 2, TestContext.Current.CancellationToken)
                .Learn(wanted, _ => { });
            Assert.Equal(wanted, pieces.Count);
            Assert.Equal(units.Text.Where(c => c != 0).Distinct().Count(), pieces.Count(p => p.Text.Length == 1));
            Assert.Equal(pieces.OrderByDescending(p => p.Score), pieces);
        }
    }
}
