using System.Runtime.InteropServices;
using Nonet.Text.Bpe;

namespace Nonet.Text.Unigram;

/// <summary>A piece of a vocabulary during training.</summary>
/// <param name="Start">Position of one occurrence in <see cref="UnigramUnits.Text"/>.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="Score">Its log-probability.</param>
readonly record struct LearnedPiece(int Start, int Length, double Score);

/// <summary>
/// All segmentations of all units into pieces: for each position of the text, the pieces that begin there. The lattice is built once, and pruned pieces are
/// removed from it. Sums are over whole numbers, so that they do not depend on the order of the threads.
/// </summary>
sealed class UnigramLattice
{
    const int UnitsAtOnce = 512, PiecesAtOnce = 4096;

    /// <summary>Expected counts are whole multiples of 2^-20.</summary>
    const double Fraction = 1 << 20;

    // a unit may be a long line: small probabilities are scaled up, all that are still in use by the same factor
    const double Small = 1e-60, Scale = 1e60;

    readonly UnigramUnits units;
    readonly int threads, maxLength;
    readonly CancellationToken stopping;
    readonly int[] first; // index of the first edge of each position; one more element at the end
    readonly List<int> edges = []; // pieces by the position at which they begin, the shortest first
    LearnedPiece[] pieces;

    /// <param name="units">The units to segment.</param>
    /// <param name="pieces">The vocabulary; every character of the units is a piece.</param>
    /// <param name="threads">Number of threads, at least 1.</param>
    /// <param name="stopping">Cancels every method with an <see cref="OperationCanceledException"/>.</param>
    public UnigramLattice(UnigramUnits units, LearnedPiece[] pieces, int threads, CancellationToken stopping)
    {
        (this.units, this.pieces, this.threads, this.stopping) = (units, pieces, threads, stopping);
        maxLength = pieces.Max(p => p.Length);
        var (branches, ids) = (new PairTable(), new List<int>([-1]));
        for (var id = 0; id < pieces.Length; id++)
        {
            var node = 0;
            foreach (var c in units.Text.AsSpan(pieces[id].Start, pieces[id].Length))
            {
                node = branches.Add(node, c) + 1;
                if (node == ids.Count)
                    ids.Add(-1);
            }
            ids[node] = id;
        }
        var text = units.Text;
        first = new int[text.Length + 1];
        for (var at = 0; at < text.Length; at++)
        {
            if (at % (1 << 20) == 0)
                stopping.ThrowIfCancellationRequested();
            first[at] = edges.Count;
            for (var (node, end) = (0, at); text[end] != UnigramUnits.End && (node = branches.Find(node, text[end]) + 1) > 0; end++)
            {
                if (ids[node] is >= 0 and var id)
                    edges.Add(id);
            }
        }
        first[^1] = edges.Count;
    }

    public IReadOnlyList<LearnedPiece> Pieces => pieces;

    /// <summary>Sets new scores, and removes the pieces without a score.</summary>
    /// <param name="scores">Score of each piece; null: the piece is removed. Single characters must have a score.</param>
    public void Change(double?[] scores)
    {
        var (ids, kept) = (new int[pieces.Length], new List<LearnedPiece>(pieces.Length));
        for (var id = 0; id < pieces.Length; id++)
        {
            ids[id] = scores[id] is null ? -1 : kept.Count;
            if (scores[id] is { } score)
                kept.Add(pieces[id] with { Score = score });
        }
        var (from, to) = (0, 0);
        for (var at = 0; at < first.Length - 1; at++)
        {
            first[at] = to;
            for (; from < first[at + 1]; from++)
            {
                if (ids[edges[from]] is >= 0 and var id)
                    edges[to++] = id;
            }
        }
        first[^1] = to;
        edges.RemoveRange(to, edges.Count - to);
        pieces = [.. kept];
    }

    /// <summary>
    /// Expected number of occurrences of each piece over all segmentations, weighted by their probability: the forward-backward algorithm. Kudo 2018, section
    /// 3.2.
    /// </summary>
    public double[] Expected()
    {
        var probabilities = Array.ConvertAll(pieces, p => Math.Exp(p.Score));
        var sums = Ranges.Run(threads, units.Count, UnitsAtOnce, () => new long[pieces.Length], (sum, from, to) =>
        {
            var buffers = (Forward: Array.Empty<double>(), Backward: Array.Empty<double>(), Scalings: Array.Empty<int>());
            for (var unit = from; unit < to; unit++)
            {
                var size = units.Starts[unit + 1] - units.Starts[unit];
                if (buffers.Forward.Length < size)
                    buffers = (new double[2 * size], new double[2 * size], new int[2 * size]);
                Expect(unit, size - 1, probabilities, buffers.Forward, buffers.Backward, buffers.Scalings, sum);
            }
        }, stopping);
        return Array.ConvertAll(Sum(sums), s => s / Fraction);
    }

    /// <param name="unit">The unit.</param>
    /// <param name="size">Number of its characters.</param>
    /// <param name="probabilities">Probability of each piece.</param>
    /// <param name="forward">Receives the probability of the text before each position, times Scale to the power of <paramref name="scalings"/>.</param>
    /// <param name="backward">Receives the probability of the text after each position, scaled in the same way.</param>
    /// <param name="scalings">Receives the number of scalings at each position.</param>
    /// <param name="expected">The expected counts are added to it, in multiples of 1 / Fraction.</param>
    void Expect(int unit, int size, double[] probabilities, double[] forward, double[] backward, int[] scalings, long[] expected)
    {
        var (start, count) = (units.Starts[unit], units.Counts[unit] * Fraction);
        var all = CollectionsMarshal.AsSpan(edges);
        Array.Clear(forward, 0, size + 1);
        forward[0] = 1;
        var scaled = 0;
        for (var i = 0; i < size; i++)
        {
            scaled += ScaleUp(forward, i, size);
            scalings[i] = scaled;
            foreach (var id in all[first[start + i]..first[start + i + 1]])
                forward[i + pieces[id].Length] += forward[i] * probabilities[id];
        }
        var behind = 0;
        backward[size] = 1;
        for (var i = size - 1; i >= 0; i--)
        {
            var weight = count * forward[i] / forward[size];
            if (scaled - scalings[i] - behind is not 0 and var off)
                weight *= Math.Pow(Scale, off);
            var sum = 0.0;
            foreach (var id in all[first[start + i]..first[start + i + 1]])
            {
                var way = probabilities[id] * backward[i + pieces[id].Length];
                sum += way;
                expected[id] += (long)((weight * way) + 0.5);
            }
            backward[i] = sum;
            behind += ScaleUp(backward, i, size);
        }
    }

    /// <summary>Scales up the values that are still in use from a position on, if they are small. Returns the number of scalings.</summary>
    int ScaleUp(double[] values, int at, int size)
    {
        if (values[at] >= Small)
            return 0;
        for (var i = at; i <= Math.Min(at + maxLength, size); i++)
            values[i] *= Scale;
        return 1;
    }

    /// <summary>Number of occurrences of each piece in the most probable segmentation of the text.</summary>
    public long[] Viterbi() => Sum(Ranges.Run(threads, units.Count, UnitsAtOnce, () => new long[pieces.Length], (sum, from, to) =>
    {
        var ids = new List<int>();
        for (var unit = from; unit < to; unit++)
        {
            Best(units.Starts[unit], units.Starts[unit + 1] - units.Starts[unit] - 1, without: -1, ids);
            foreach (var id in ids)
                sum[id] += units.Counts[unit];
        }
    }, stopping));

    /// <summary>
    /// Loss of each piece: the decrease of the text's log-probability if the piece is removed and each occurrence is replaced by the best segmentation of its
    /// text. Kudo 2018, section 3.2, step 2b. As in SentencePiece, only the counts of the piece and of its replacements change.
    /// </summary>
    /// <param name="counts">Result of <see cref="Viterbi"/>.</param>
    /// <returns>Loss of each piece; null for a single character, which has no replacement; negative infinity for an unused piece.</returns>
    public double?[] Losses(long[] counts)
    {
        double all = counts.Sum();
        var losses = new double?[pieces.Length];
        Ranges.Run(threads, pieces.Length, PiecesAtOnce, () => new List<int>(), (ids, from, to) =>
        {
            for (var id = from; id < to; id++)
            {
                double count = counts[id];
                if (pieces[id].Length == 1)
                    continue;
                if (count == 0)
                {
                    losses[id] = double.NegativeInfinity;
                    continue;
                }
                Best(pieces[id].Start, pieces[id].Length, without: id, ids);
                var (alternative, allThen) = (0.0, Math.Log(all + (count * (ids.Count - 1))));
                foreach (var other in ids)
                    alternative += Math.Log(counts[other] + count) - allThen;
                losses[id] = count * (Math.Log(count) - Math.Log(all) - alternative);
            }
        }, stopping);
        return losses;
    }

    /// <summary>The most probable segmentation of a part of the text. If several are equally probable, the one with the longest last piece.</summary>
    /// <param name="start">Start of the part.</param>
    /// <param name="size">Number of its characters.</param>
    /// <param name="without">A piece that must not be used; -1: none.</param>
    /// <param name="ids">Receives the pieces, the last one first.</param>
    void Best(int start, int size, int without, List<int> ids)
    {
        ids.Clear();
        Span<(double Score, int Id)> best = size < 128 ? stackalloc (double, int)[size + 1] : new (double, int)[size + 1];
        best.Fill((double.NegativeInfinity, -1));
        best[0].Score = 0;
        for (var i = 0; i < size; i++)
        {
            for (var e = first[start + i]; e < first[start + i + 1]; e++)
            {
                var id = edges[e];
                var (end, score) = (i + pieces[id].Length, best[i].Score + pieces[id].Score);
                if (end > size)
                    break;
                if (id != without && score > best[end].Score)
                    best[end] = (score, id);
            }
        }
        for (var end = size; end > 0; end -= pieces[best[end].Id].Length)
            ids.Add(best[end].Id);
    }

    static long[] Sum(long[][] parts)
    {
        foreach (var part in parts.AsSpan(1))
        {
            for (var i = 0; i < part.Length; i++)
                parts[0][i] += part[i];
        }
        return parts[0];
    }
}
