using Nonet.Text.Splits;

namespace Nonet.Text;

/// <summary>Encodes text word by word and caches words. Use it in one thread at a time.</summary>
/// <param name="split">Splits text into words.</param>
/// <param name="encode">Encodes a word that is not in the cache.</param>
sealed class WordEncoder(WordSplit split, Func<string, int[]> encode) : ITextEncoder
{
    const int MostWords = 1 << 17, LongestWord = 64; // about 30 MB at most

    readonly List<int> ends = [];
    Dictionary<string, int[]> known = new(StringComparer.Ordinal);

    public void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        ends.Clear();
        split.Cut(text, ends);
        var words = known.GetAlternateLookup<ReadOnlySpan<char>>();
        var start = 0;
        foreach (var end in ends)
        {
            var word = text[start..end];
            start = end;
            if (!words.TryGetValue(word, out var encoded))
            {
                var name = new string(word);
                encoded = encode(name);
                if (word.Length <= LongestWord)
                {
                    if (known.Count == MostWords)
                    {
                        known = new(StringComparer.Ordinal);
                        words = known.GetAlternateLookup<ReadOnlySpan<char>>();
                    }
                    known[name] = encoded;
                }
            }
            ids.AddRange(encoded);
        }
    }
}
