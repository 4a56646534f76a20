namespace Nonet.Text.Unigram;

/// <summary>A substring of <see cref="UnigramUnits.Text"/> and the number of its occurrences in the whole text.</summary>
readonly record struct Substring(int Start, int Length, long Count);

/// <summary>
/// Finds the substrings of units that occur at least twice and are not always followed by the same character. They are the inner nodes of the suffix tree, and
/// the suffixes of units; a sort of all suffixes yields them.
/// </summary>
static class FrequentSubstrings
{
    const int CharactersInKey = 3, BitsOfCharacter = 21; // in a key of 64 bits

    /// <param name="units">The units.</param>
    /// <param name="maxLength">Maximum number of characters in a substring.</param>
    /// <returns>The substrings of at least 2 characters, in lexicographic order.</returns>
    public static List<Substring> Find(UnigramUnits units, int maxLength)
    {
        var (text, found) = (units.Text, new List<Substring>());
        var weights = new long[text.Length]; // of the suffix at each position
        for (var u = 0; u < units.Count; u++)
            weights.AsSpan(units.Starts[u]..units.Starts[u + 1]).Fill(units.Counts[u]);
        var suffixes = Sorted(text, maxLength + 1);

        // open intervals of suffixes that share their first Depth characters, with the weight of all suffixes before each
        var open = new Stack<(int Depth, long Before)>([(0, 0)]);
        var (before, shared) = (0L, 0);
        for (var i = 0; i < suffixes.Length; i++)
        {
            var (at, weight) = (suffixes[i], weights[suffixes[i]]);
            var next = i + 1 < suffixes.Length ? Shared(text, at, suffixes[i + 1], maxLength + 1) : 0;
            var length = LengthOf(text, at, maxLength + 1);
            if (length > Math.Max(shared, next)) // no other suffix begins with this whole suffix
                Add(at, length, weight);
            var from = before;
            before += weight;
            while (open.Peek().Depth > next)
            {
                (var depth, from) = open.Pop();
                Add(at, depth, before - from);
            }
            if (open.Peek().Depth < next)
                open.Push((next, from));
            shared = next;
        }
        return found;

        void Add(int start, int length, long count)
        {
            if (length >= 2 && length <= maxLength && count >= 2)
                found.Add(new Substring(start, length, count));
        }
    }

    /// <summary>Positions of all suffixes of units, sorted by their first <paramref name="depth"/> characters.</summary>
    static int[] Sorted(int[] text, int depth)
    {
        var suffixes = new int[text.Length - text.AsSpan().Count(UnigramUnits.End)];
        for (var (at, n) = (0, 0); at < text.Length; at++)
        {
            if (text[at] != UnigramUnits.End)
                suffixes[n++] = at;
        }
        Sort(text, suffixes, new ulong[suffixes.Length], 0, suffixes.Length, 0, depth);
        return suffixes;
    }

    static void Sort(int[] text, int[] suffixes, ulong[] keys, int from, int to, int done, int depth)
    {
        for (var i = from; i < to; i++)
            keys[i] = Key(text, suffixes[i] + done);
        Array.Sort(keys, suffixes, from, to - from);
        if (done + CharactersInKey >= depth)
            return;
        for (var start = from; start < to;)
        {
            var (key, end) = (keys[start], start + 1);
            while (end < to && keys[end] == key)
                end++;
            if (end - start > 1 && (key & ((1 << BitsOfCharacter) - 1)) != UnigramUnits.End)
                Sort(text, suffixes, keys, start, end, done + CharactersInKey, depth);
            start = end;
        }
    }

    static ulong Key(int[] text, int at)
    {
        var key = 0UL;
        for (var i = 0; i < CharactersInKey; i++)
        {
            key = key << BitsOfCharacter | (uint)text[at];
            if (text[at] != UnigramUnits.End)
                at++;
        }
        return key;
    }

    static int Shared(int[] text, int a, int b, int most)
    {
        var n = 0;
        while (n < most && text[a + n] == text[b + n] && text[a + n] != UnigramUnits.End)
            n++;
        return n;
    }

    static int LengthOf(int[] text, int at, int most)
    {
        var n = 0;
        while (n < most && text[at + n] != UnigramUnits.End)
            n++;
        return n;
    }
}
