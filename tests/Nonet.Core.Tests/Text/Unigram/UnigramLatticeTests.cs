using CsCheck;
using Nonet.Text.Unigram;

namespace Nonet.Tests.Text.Unigram;

public class UnigramLatticeTests
{
    static UnigramLattice Lattice(UnigramUnits units, IEnumerable<(string Text, double Probability)> pieces, int threads = 1)
    {
        var text = string.Concat(units.Text.Select(c => (char)c)); // no surrogates here
        return new UnigramLattice(units,
            [.. pieces.Select(p => new LearnedPiece(text.IndexOf(p.Text, StringComparison.Ordinal), p.Text.Length, Math.Log(p.Probability)))], threads,
            TestContext.Current.CancellationToken);
    }

    static void Close(double expected, double actual, double tolerance = 1e-5) =>
        Assert.InRange(actual, expected - (tolerance * (1 + Math.Abs(expected))), expected + (tolerance * (1 + Math.Abs(expected))));

    // ab: a + b 1/4 · 1/4, ab 1/2: 1 to 8 of 9. aab: a a b 1/64, a ab 1/8, of 9/64: 1 to 8 too
    [Fact]
    public void Expected_counts_are_those_of_all_segmentations_by_their_probability()
    {
        var expected = Lattice(UnigramUnitsTests.Units(("ab", 9), ("aab", 18), ("b", 5)), [("a", 0.25), ("b", 0.25), ("ab", 0.5)]).Expected();
        Close(1 + 18 + 2, expected[0]);
        Close(1 + 2 + 5, expected[1]);
        Close(8 + 16, expected[2]);
    }

    [Fact]
    public void The_most_probable_segmentations_are_counted()
    {
        var units = UnigramUnitsTests.Units(("ab", 9), ("aab", 18), ("b", 5));
        Assert.Equal([18, 5, 27], Lattice(units, [("a", 0.25), ("b", 0.25), ("ab", 0.5)]).Viterbi());
        Assert.Equal([45, 32, 0], Lattice(units, [("a", 0.5), ("b", 0.4), ("ab", 0.1)]).Viterbi());
    }

    // without ab its 8 are 8 more a and b: log 8/10 becomes log 9/18 + log 9/18. Without abab, which is 2 of 12: ab ab, one kind of piece, 3 + 2 of 12 + 2
    [Fact]
    public void The_loss_of_a_piece_is_what_its_best_replacement_costs()
    {
        var one = Lattice(UnigramUnitsTests.Units(("ab", 8), ("a", 1), ("b", 1)), [("a", 0.1), ("b", 0.1), ("ab", 0.8)]);
        var losses = one.Losses(one.Viterbi());
        Assert.Equal((null, null), (losses[0], losses[1]));
        Close(8 * Math.Log(0.8 / 0.25), losses[2]!.Value, 1e-12);

        var two = Lattice(UnigramUnitsTests.Units(("abab", 2), ("ab", 3), ("a", 4), ("b", 3), ("bb", 0)),
            [("a", 0.2), ("b", 0.2), ("ab", 0.3), ("abab", 0.2), ("bb", 0.001)]);
        losses = two.Losses(two.Viterbi());
        Close(2 * (Math.Log(2 / 12.0) - (2 * Math.Log(5 / 14.0))), losses[3]!.Value, 1e-12);
        Assert.Equal(double.NegativeInfinity, losses[4]); // it is never used: b b is more probable
    }

    [Fact]
    public void Dropped_pieces_are_gone_and_new_scores_count()
    {
        var units = UnigramUnitsTests.Units(("abab", 9), ("aab", 18));
        var changed = Lattice(units, [("a", 0.9), ("ab", 0.3), ("abab", 0.2), ("b", 0.9)]);
        changed.Change([Math.Log(0.25), Math.Log(0.5), null, Math.Log(0.25)]);
        Assert.Equal(Lattice(units, [("a", 0.25), ("ab", 0.5), ("b", 0.25)]).Expected(), changed.Expected());
        Assert.Equal([18, 36, 0], changed.Viterbi());
    }

    [Fact] // a line of thousands of characters has a probability far below the smallest double
    public void Long_units_and_any_threads_give_what_logarithms_give()
    {
        Gen.Select(Gen.Int[0, 9999], Gen.Int[0, 4]).Sample((seed, sizes) =>
        {
            var (random, size) = (new Random(seed), new[] { 1, 3, 40, 700, 3000 }[sizes]);
            var word = "abcd" + new string([.. Enumerable.Range(0, size).Select(_ => "aaabbcd"[random.Next(7)])]);
            (string, double)[] pieces = [("a", 1e-4), ("b", 3e-3), ("c", 1e-9), ("d", 0.02), .. Enumerable.Range(0, 30)
                .Select(_ => random.Next(word.Length - 1) is var at ? word[at..Math.Min(word.Length, at + 2 + random.Next(9))] : "").Distinct()
                .Select(t => (t, Math.Pow(10, -8 * random.NextDouble())))];
            var expected = Defined(word, pieces);
            var units = UnigramUnitsTests.Units((word, 7), ("a", 1), ("bcd", 2));
            var found = Lattice(units, pieces).Expected();
            Assert.Equal(found, Lattice(units, pieces, threads: 3).Expected());
            Close(7 * word.Length + 1 + 6, pieces.Zip(found).Sum(p => p.First.Item1.Length * p.Second), 1e-4); // every character is in one piece
            foreach (var (piece, other) in Defined("bcd", pieces))
                expected[piece] = 7 * expected[piece] + (2 * other) + (piece == "a" ? 1 : 0);
            foreach (var ((text, _), count) in pieces.Zip(found))
                Close(expected[text], count, 1e-4);
        }, iter: 60);
    }

    /// <summary>Expected counts in one word, by logarithms.</summary>
    static Dictionary<string, double> Defined(string word, (string Text, double Probability)[] pieces)
    {
        var (before, after) = (new double[word.Length + 1], new double[word.Length + 1]);
        before.AsSpan(1).Fill(double.NegativeInfinity);
        after.AsSpan(0, word.Length).Fill(double.NegativeInfinity);
        var ways = Enumerable.Range(0, word.Length)
            .SelectMany(at => pieces.Where(p => word.AsSpan(at).StartsWith(p.Text, StringComparison.Ordinal)).Select(p => (At: at, Piece: p))).ToArray();
        foreach (var (at, (text, probability)) in ways)
            before[at + text.Length] = LogSum(before[at + text.Length], before[at] + Math.Log(probability));
        foreach (var (at, (text, probability)) in ways.Reverse())
            after[at] = LogSum(after[at], after[at + text.Length] + Math.Log(probability));
        var expected = pieces.ToDictionary(p => p.Text, _ => 0.0);
        foreach (var (at, (text, probability)) in ways)
            expected[text] += Math.Exp(before[at] + Math.Log(probability) + after[at + text.Length] - after[0]);
        return expected;

        static double LogSum(double a, double b) =>
            Math.Max(a, b) is var most && double.IsNegativeInfinity(most) ? most : most + Math.Log(Math.Exp(a - most) + Math.Exp(b - most));
    }
}
