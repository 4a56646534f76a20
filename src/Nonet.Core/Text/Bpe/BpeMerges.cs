namespace Nonet.Text.Bpe;

/// <summary>
/// Merges the symbols of a word by rules: always the earliest rule that applies, and the leftmost pair of equal ones. Sennrich et al. 2016,
/// section 3.2.
/// </summary>
sealed class BpeMerges
{
    const int LongWord = 64;

    readonly PairTable rules = new();
    readonly int[] results;
    readonly int[]? ranks; // of the rules, where several rules may have equal ranks

    /// <param name="merges">Ids of two tokens and of their join, in order of priority. A repeated pair keeps its first place.</param>
    public BpeMerges(IEnumerable<(int Left, int Right, int Result)> merges)
    {
        var joined = new List<int>();
        foreach (var (left, right, result) in merges)
        {
            if (rules.Add(left, right) == joined.Count)
                joined.Add(result);
        }
        results = [.. joined];
    }

    /// <param name="merges">Rules with non-decreasing ranks. Among rules of equal rank, the leftmost pair is merged first.</param>
    public BpeMerges(IReadOnlyList<(int Left, int Right, int Result, int Rank)> merges) : this(merges.Select(m => (m.Left, m.Right, m.Result))) =>
        ranks = merges.Count == results.Length ? [.. merges.Select(m => m.Rank)] : throw new ArgumentException("a pair occurs twice", nameof(merges));

    /// <summary>Merges symbols in place.</summary>
    /// <param name="ids">Symbols; receives the tokens.</param>
    /// <param name="lengths">Length of each symbol, in any unit; receives the lengths of the tokens. Empty: not needed.</param>
    /// <returns>Number of tokens.</returns>
    public int Merge(Span<int> ids, Span<int> lengths = default) => ids.Length <= LongWord ? Short(ids, lengths) : Long(ids, lengths);

    int Short(Span<int> ids, Span<int> lengths)
    {
        var count = ids.Length;
        Span<int> ranked = stackalloc int[LongWord];
        for (var i = 0; i < count - 1; i++)
            ranked[i] = Rank(ids[i], ids[i + 1]);
        while (true)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i < count - 1; i++)
            {
                if (ranked[i] < best)
                    (best, at) = (ranked[i], i);
            }
            if (at < 0)
                return count;
            ids[at] = ranks is null ? results[best] : results[rules.Find(ids[at], ids[at + 1])];
            ids[(at + 2)..count].CopyTo(ids[(at + 1)..]);
            ranked[(at + 1)..(count - 1)].CopyTo(ranked[at..]);
            if (!lengths.IsEmpty)
            {
                lengths[at] += lengths[at + 1];
                lengths[(at + 2)..count].CopyTo(lengths[(at + 1)..]);
            }
            count--;
            if (at > 0)
                ranked[at - 1] = Rank(ids[at - 1], ids[at]);
            if (at < count - 1)
                ranked[at] = Rank(ids[at], ids[at + 1]);
        }
    }

    /// <summary>
    /// Merges a long word with a queue of pairs, because quadratic time would be too slow: a text without splits is one word.
    /// </summary>
    int Long(Span<int> ids, Span<int> lengths)
    {
        var (next, previous) = (new int[ids.Length], new int[ids.Length]);
        var queue = new PriorityQueue<(int At, int Left, int Right), long>();
        for (var i = 0; i < ids.Length; i++)
        {
            (next[i], previous[i]) = (i + 1, i - 1);
            if (i > 0)
                Enqueue(ids, i - 1, i);
        }
        while (queue.TryDequeue(out var pair, out var priority))
        {
            var right = ids[pair.At] == pair.Left ? next[pair.At] : ids.Length;
            if (right == ids.Length || ids[right] != pair.Right)
                continue; // one of the two symbols has already been merged
            ids[pair.At] = results[ranks is null ? (int)(priority >> 32) : rules.Find(pair.Left, pair.Right)];
            ids[right] = -1;
            if (!lengths.IsEmpty)
                lengths[pair.At] += lengths[right];
            next[pair.At] = next[right];
            if (next[right] < ids.Length)
            {
                previous[next[right]] = pair.At;
                Enqueue(ids, pair.At, next[right]);
            }
            if (previous[pair.At] >= 0)
                Enqueue(ids, previous[pair.At], pair.At);
        }
        var count = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] < 0)
                continue;
            if (!lengths.IsEmpty)
                lengths[count] = lengths[i];
            ids[count++] = ids[i];
        }
        return count;

        void Enqueue(Span<int> ids, int left, int right)
        {
            if (Rank(ids[left], ids[right]) is not int.MaxValue and var rank)
                queue.Enqueue((left, ids[left], ids[right]), (long)rank << 32 | (uint)left);
        }
    }

    int Rank(int left, int right) => rules.Find(left, right) is >= 0 and var rule ? ranks?[rule] ?? rule : int.MaxValue;
}
