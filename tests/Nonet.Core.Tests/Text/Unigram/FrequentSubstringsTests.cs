using CsCheck;
using Nonet.Text.Unigram;

namespace Nonet.Tests.Text.Unigram;

public class FrequentSubstringsTests
{
    static (string Text, long Count)[] Found(UnigramUnits units, int maxLength) =>
        [.. FrequentSubstrings.Find(units, maxLength).Select(s => (UnigramUnitsTests.Text(units, s.Start, s.Length), s.Count))
            .OrderBy(s => s.Item1, StringComparer.Ordinal)];

    [Fact] // ab occurs 2 + 2 + 1 times, before a, c and the end; abab 2, at an end; bab 2; of ba all are followed by b
    public void Substrings_are_counted_with_their_units() =>
        Assert.Equal([("ab", 5), ("abab", 2), ("bab", 2)], Found(UnigramUnitsTests.Units(("abab", 2), ("abc", 1)), 16));

    [Fact]
    public void All_that_can_be_followed_by_two_characters_or_an_end_are_found_and_no_others()
    {
        Gen.Select(Gen.Char["ab𝒳"[..2] + "c"].Array[1, 12].Select(c => new string(c).Replace("c", "𝒳", StringComparison.Ordinal)), Gen.Long[1, 3])
            .Array[1, 8].Sample(words =>
        {
            var units = UnigramUnitsTests.Units([.. words.Select(w => (w.Item1, w.Item2))]);
            foreach (var most in new[] { 2, 4, 16 })
                Assert.Equal(Defined(units, most), Found(units, most));
        }, iter: 2000);
    }

    static (string, long)[] Defined(UnigramUnits units, int most)
    {
        var (counts, next) = (new Dictionary<string, long>(StringComparer.Ordinal), new Dictionary<string, HashSet<string>>(StringComparer.Ordinal));
        for (var u = 0; u < units.Count; u++)
        {
            for (var from = units.Starts[u]; from < units.Starts[u + 1] - 1; from++)
            {
                for (var length = 2; length <= most && from + length < units.Starts[u + 1]; length++)
                {
                    var text = UnigramUnitsTests.Text(units, from, length);
                    counts[text] = counts.GetValueOrDefault(text) + units.Counts[u];
                    var follower = units.Text[from + length];
                    (next.TryGetValue(text, out var set) ? set : next[text] = []).Add(follower == UnigramUnits.End ? "end" : $"{follower}");
                }
            }
        }
        return [.. counts.Where(c => c.Value >= 2 && (next[c.Key].Count > 1 || next[c.Key].Contains("end"))).Select(c => (c.Key, c.Value))
            .OrderBy(c => c.Key, StringComparer.Ordinal)];
    }
}
