namespace Nonet.Text.Tiktoken;

/// <summary>
/// Recovers merges from ranks. tiktoken joins the two neighbours whose joined bytes are the token of lowest rank. The bytes inside a token
/// are joined as if they stood alone, so only one pair of neighbours can become it: the two that remain when its bytes are joined by all
/// lower ranks.
/// </summary>
static class TiktokenMerges
{
    /// <returns>Ids of two neighbours and of their join, by rank, and whether every token is such a join.</returns>
    public static (List<(int Left, int Right, int Result)> Merges, bool Complete) Of(TiktokenRanks ranks)
    {
        var known = ranks.Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var (merges, complete) = (new List<(int, int, int)>(ranks.Ordered.Count), true);
        Span<int> starts = stackalloc int[TiktokenRanks.LongestToken + 1], pairs = stackalloc int[TiktokenRanks.LongestToken];
        foreach (var (token, id) in ranks.Ordered)
        {
            if (token.Length == 1)
                continue;
            var middle = token.Length == 2 ? 1 : Middle(token, known, starts, pairs);
            if (middle > 0)
                merges.Add((known[token.AsSpan(0, middle)], known[token.AsSpan(middle)], id));
            else
                complete = false;
        }
        return (merges, complete);
    }

    /// <summary>Place where the last two parts of a token meet; 0 if more parts remain.</summary>
    static int Middle(string token, Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> known, Span<int> starts, Span<int> pairs)
    {
        var count = token.Length;
        for (var i = 0; i <= count; i++)
            starts[i] = i;
        for (var i = 0; i < count - 1; i++)
            pairs[i] = Rank(i, starts);
        while (count > 2)
        {
            var best = pairs[..(count - 1)];
            var at = 0;
            for (var i = 1; i < best.Length; i++)
            {
                if (best[i] < best[at])
                    at = i;
            }
            if (best[at] == int.MaxValue)
                return 0;
            starts[(at + 2)..(count + 1)].CopyTo(starts[(at + 1)..]);
            best[(at + 1)..].CopyTo(best[at..]);
            count--;
            if (at > 0)
                pairs[at - 1] = Rank(at - 1, starts);
            if (at < count - 1)
                pairs[at] = Rank(at, starts);
        }
        return starts[1];

        int Rank(int i, ReadOnlySpan<int> starts)
        {
            var pair = token.AsSpan(starts[i], starts[i + 2] - starts[i]);
            return pair.Length < token.Length && known.TryGetValue(pair, out var rank) ? rank : int.MaxValue;
        }
    }
}
