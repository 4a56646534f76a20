using System.Text;

namespace Nonet.Text.Unigram;

/// <summary>
/// Finds the pieces of a Unigram model. It starts with many frequent substrings, and alternates expectation maximisation with pruning of the pieces of least
/// loss. Kudo 2018, "Subword Regularization", section 3.2, with two additions of SentencePiece: pieces with an expected count below one half are removed, and
/// counts pass through the digamma function, a sparse prior (Liang et al. 2007).
/// </summary>
sealed class UnigramLearner
{
    /// <summary>Minimum expected count of a piece. A single character is kept as if it had this count.</summary>
    const double Least = 0.5;

    /// <summary>Ratio of the number of pieces before the last pruning to the desired number.</summary>
    const double Spare = 1.1;

    readonly UnigramUnits units;
    readonly UnigramLattice lattice;
    readonly UnigramTrainerOptions options;

    public UnigramLearner(UnigramUnits units, UnigramTrainerOptions options, int threads, CancellationToken stopping)
    {
        (this.units, this.options) = (units, options);
        lattice = new UnigramLattice(units, Seed(units, options.MaxPieceLength, options.SeedSize), threads, stopping);
    }

    /// <summary>All characters, and the substrings that cover most of the text.</summary>
    internal static LearnedPiece[] Seed(UnigramUnits units, int maxLength, int size)
    {
        var characters = new SortedDictionary<int, (int At, double Count)>();
        for (var u = 0; u < units.Count; u++)
        {
            for (var at = units.Starts[u]; units.Text[at] != UnigramUnits.End; at++)
                characters[units.Text[at]] = (at, characters.GetValueOrDefault(units.Text[at]).Count + units.Counts[u]);
        }
        var substrings = FrequentSubstrings.Find(units, maxLength);
        var covered = substrings.Select(s => (double)s.Count * s.Length).ToArray();
        var order = Enumerable.Range(0, covered.Length).ToArray();
        Array.Sort(order, (a, b) => covered[a] != covered[b] ? covered[b].CompareTo(covered[a]) : a.CompareTo(b));
        order = order[..Math.Min(order.Length, Math.Max(0, size - characters.Count))];
        var all = Math.Log(characters.Values.Sum(c => c.Count) + order.Sum(i => covered[i]));
        return
        [
            .. characters.Values.Select(c => new LearnedPiece(c.At, 1, Math.Log(c.Count) - all)),
            .. order.Select(i => new LearnedPiece(substrings[i].Start, substrings[i].Length, Math.Log(covered[i]) - all)),
        ];
    }

    /// <summary>Learns the pieces.</summary>
    /// <param name="wanted">Desired number of pieces, at least the number of characters.</param>
    /// <param name="report">Receives the number of pieces.</param>
    /// <returns>Pieces and their log-probabilities, the most probable first. A short text may give fewer pieces.</returns>
    public List<(string Text, double Score)> Learn(int wanted, Action<int> report)
    {
        var enough = (int)(options.Vocab * Spare);
        while (true)
        {
            for (var i = 0; i < options.SubIterations; i++)
            {
                lattice.Change(Maximised([.. lattice.Pieces.Select(p => p.Length == 1)], lattice.Expected()));
                report(lattice.Pieces.Count);
            }
            if (lattice.Pieces.Count <= enough)
                break;
            var losses = lattice.Losses(lattice.Viterbi());
            lattice.Change(Pruned(losses, Math.Max(enough, (int)(lattice.Pieces.Count * options.ShrinkingFactor))));
        }
        var characters = lattice.Pieces.Where(p => p.Length == 1).ToArray();
        var others = lattice.Pieces.Where(p => p.Length > 1).OrderByDescending(p => p.Score).Take(wanted - characters.Length);
        return [.. characters.Concat(others).OrderByDescending(p => p.Score).Select(p => (TextOf(p), p.Score))];
    }

    /// <summary>Scores from expected counts; null for pieces to remove.</summary>
    internal static double?[] Maximised(bool[] stays, double[] expected)
    {
        var counts = expected.Select((count, id) => count >= Least ? count : stays[id] ? Least : 0).ToArray();
        var all = Digamma(counts.Sum());
        return Array.ConvertAll(counts, count => count > 0 ? Digamma(count) - all : (double?)null);
    }

    /// <summary>The scores of the pieces to keep: single characters, and the other pieces with the greatest losses. Null for the others.</summary>
    double?[] Pruned(double?[] losses, int size)
    {
        var scores = new double?[losses.Length];
        foreach (var id in Enumerable.Range(0, losses.Length).Where(id => losses[id] != double.NegativeInfinity)
            .OrderByDescending(id => losses[id] ?? double.PositiveInfinity).Take(size))
            scores[id] = lattice.Pieces[id].Score;
        return scores;
    }

    string TextOf(LearnedPiece piece)
    {
        var text = new StringBuilder(piece.Length);
        foreach (var c in units.Text.AsSpan(piece.Start, piece.Length))
            text.Append(new Rune(c));
        return text.ToString();
    }

    /// <summary>The derivative of the logarithm of the gamma function, above 0: by its recurrence and its asymptotic series.</summary>
    internal static double Digamma(double x)
    {
        var sum = 0.0;
        for (; x < 10; x++)
            sum -= 1 / x;
        var y = 1 / (x * x);
        return sum + Math.Log(x) - (0.5 / x) - (y * ((1 / 12.0) - (y * ((1 / 120.0) - (y * ((1 / 252.0) - (y * ((1 / 240.0) - (y / 132)))))))));
    }
}
