namespace Nonet.Text.Bpe;

/// <summary>
/// Learns the merges of a set of words: repeatedly merges the most frequent pair of adjacent tokens into a token. Sennrich et al. 2016,
/// algorithm 1. Of equally frequent pairs, the one with the lower left id comes first, then the one with the lower right id, so that the
/// merges equal those of Hugging Face's tokenizers.
/// </summary>
/// <param name="continuing">
/// Prefix of the spelling of every token except the first of a word. It is dropped when a token is joined to the one before it.
/// </param>
sealed class MergeLearner(string continuing = "")
{
    readonly PairTable pairs = new();
    readonly List<(int Left, int Right)> sides = [];
    readonly List<long> counts = [];
    readonly List<List<int>?> places = []; // words that contain the pair, or did once
    readonly PriorityQueue<int, (long Count, int Left, int Right)> queue = new(Comparer<(long Count, int Left, int Right)>.Create(
        (a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : (a.Left, a.Right).CompareTo((b.Left, b.Right))));
    readonly List<string> tokens = [];
    readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    readonly List<string> merges = [];

    /// <summary>A word as ids: the first <see cref="Length"/> are used.</summary>
    public struct Word(int[] ids, long count)
    {
        public int[] Ids = ids;
        public int Length = ids.Length;
        public long Count = count;
    }

    /// <summary>Spellings by id.</summary>
    public IReadOnlyList<string> Tokens => tokens;

    /// <summary>Each "left right", in the order of learning.</summary>
    public IReadOnlyList<string> Merges => merges;

    public int IdOf(string token) => ids[token];

    /// <summary>Adds a token and returns its id. An existing token keeps its id.</summary>
    public int Add(string token)
    {
        if (ids.TryGetValue(token, out var known))
            return known;
        ids.Add(token, tokens.Count);
        tokens.Add(token);
        return tokens.Count - 1;
    }

    /// <summary>Merges until there are enough tokens or no pair is frequent enough.</summary>
    /// <param name="words">Words of added ids; they are overwritten.</param>
    /// <param name="vocab">Desired number of tokens, including those already added.</param>
    /// <param name="minFrequency">Smallest number of occurrences of a pair.</param>
    /// <param name="report">Receives the number of tokens.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    public void Learn(Word[] words, int vocab, int minFrequency, Action<int> report, CancellationToken stopping)
    {
        for (var w = 0; w < words.Length; w++)
        {
            var word = words[w];
            for (var i = 0; i < word.Length - 1; i++)
                Change(word.Ids[i], word.Ids[i + 1], word.Count, w);
        }
        for (var pair = 0; pair < counts.Count; pair++)
            queue.Enqueue(pair, (counts[pair], sides[pair].Left, sides[pair].Right));
        var grown = new HashSet<int>();
        while (tokens.Count < vocab && queue.TryDequeue(out var best, out var priority))
        {
            stopping.ThrowIfCancellationRequested();
            var (left, right) = sides[best];
            if (priority.Count != counts[best]) // it has changed since it was queued
            {
                if (counts[best] > 0)
                    queue.Enqueue(best, (counts[best], left, right));
                continue;
            }
            if (priority.Count < minFrequency)
                break;
            var joined = Add(tokens[left] + tokens[right][continuing.Length..]); // two pairs may spell the same token
            merges.Add($"{tokens[left]} {tokens[right]}");
            var at = places[best]!;
            places[best] = null;
            foreach (var w in at)
                Replace(ref words[w], w, left, right, joined, grown);
            counts[best] = 0;
            foreach (var pair in grown)
            {
                if (counts[pair] > 0)
                    queue.Enqueue(pair, (counts[pair], sides[pair].Left, sides[pair].Right));
            }
            grown.Clear();
            if (tokens.Count % 64 == 0)
                report(tokens.Count);
        }
        report(tokens.Count);
    }

    /// <summary>Joins all occurrences of a pair in a word, from the left, and counts the pairs that disappear and appear.</summary>
    void Replace(ref Word word, int w, int left, int right, int joined, HashSet<int> grown)
    {
        var (from, to, old) = (word.Ids, 0, word.Length);
        for (var i = 0; i < old; to++)
        {
            if (i == old - 1 || from[i] != left || from[i + 1] != right)
            {
                from[to] = from[i++];
                continue;
            }
            if (to > 0)
            {
                Change(from[to - 1], left, -word.Count, w);
                grown.Add(Change(from[to - 1], joined, word.Count, w));
            }
            if (i + 2 < old)
            {
                Change(right, from[i + 2], -word.Count, w);
                grown.Add(Change(joined, from[i + 2], word.Count, w));
            }
            from[to] = joined;
            i += 2;
        }
        word.Length = to;
    }

    /// <summary>Changes the count of a pair in a word. Returns the pair's number.</summary>
    int Change(int left, int right, long by, int word)
    {
        var pair = pairs.Add(left, right);
        if (pair == counts.Count)
        {
            sides.Add((left, right));
            counts.Add(0);
            places.Add([]);
        }
        counts[pair] += by;
        if (by > 0)
        {
            var at = places[pair] ??= [];
            if (at.Count == 0 || at[^1] != word)
                at.Add(word);
        }
        return pair;
    }
}
