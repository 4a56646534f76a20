using System.Runtime.InteropServices;
using Nonet.Text.Bpe;

namespace Nonet.Text.Unigram;

/// <summary>A piece of a vocabulary that is being learned.</summary>
/// <param name="Start">One place of <see cref="UnigramUnits.Text"/> where it stands.</param>
/// <param name="Length">Its characters.</param>
/// <param name="Score">The logarithm of its probability.</param>
readonly record struct LearnedPiece(int Start, int Length, double Score);

/// <summary>
/// All ways to cut all units into pieces: for each place of the text the pieces that stand there. It is made once; pieces that are dropped go from it. Sums
/// are of whole numbers, so that they do not depend on the order, and so not on the threads.
/// </summary>
sealed class UnigramLattice
{
    const int UnitsAtOnce = 512, PiecesAtOnce = 4096;

    /// <summary>Expected counts are whole multiples of 2^-20.</summary>
    const double Fraction = 1 << 20;

    // a unit may be a long line: when probabilities get small all that are yet in use are scaled up
    const double Small = 1e-60, Scale = 1e60;

    readonly UnigramUnits units;
    readonly int threads, maxLength;
    readonly CancellationToken stopping;
    readonly int[] first; // per place, the first of its edges, and where one more would begin
    readonly List<int> edges = []; // the pieces that begin at a place, the shortest first
    LearnedPiece[] pieces;

    /// <param name="units">What is cut.</param>
    /// <param name="pieces">The vocabulary; every character of the units is one of them.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="stopping">Ends each of its works with an <see cref="OperationCanceledException"/>.</param>
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

    /// <summary>Puts new scores in the place of the old ones, and drops the pieces that have none.</summary>
    /// <param name="scores">One a piece; null: it goes. Characters must stay.</param>
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
    /// How often each piece is expected in the text, over all segmentations by their probability: the forward-backward algorithm. Kudo 2018, section 3.2.
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
    /// <param name="size">Its characters.</param>
    /// <param name="probabilities">Of pieces.</param>
    /// <param name="forward">Becomes the probability of what is before a place, times Scale to the power of <paramref name="scalings"/>.</param>
    /// <param name="backward">Becomes that of what is behind it, scaled likewise.</param>
    /// <param name="scalings">As above.</param>
    /// <param name="expected">Added to: multiples of 1 / Fraction.</param>
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

    /// <summary>Scales up what is used from a place on, if it is small. Returns how often.</summary>
    int ScaleUp(double[] values, int at, int size)
    {
        if (values[at] >= Small)
            return 0;
        for (var i = at; i <= Math.Min(at + maxLength, size); i++)
            values[i] *= Scale;
        return 1;
    }

    /// <summary>How often each piece is in the most probable segmentation of the text.</summary>
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
    /// By how much the logarithm of the text's probability falls when a piece is taken away and each time replaced with the best segmentation of its own text.
    /// Kudo 2018, section 3.2, step 2b; as SentencePiece reckons it, with all counts but the piece's and its replacements' left as they are.
    /// </summary>
    /// <param name="counts">Of <see cref="Viterbi"/>.</param>
    /// <returns>One a piece; null for a character, which nothing replaces; negative infinity for a piece that is never used.</returns>
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

    /// <summary>The most probable segmentation of a part of the text, of equal ones that whose last piece is the longest.</summary>
    /// <param name="start">Where the part begins.</param>
    /// <param name="size">Its characters.</param>
    /// <param name="without">A piece that is not used; -1: none.</param>
    /// <param name="ids">Becomes the pieces, the last one first.</param>
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
