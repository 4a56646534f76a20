using CsCheck;
using Nonet.Text.Bpe;

namespace Nonet.Tests.Text.Bpe;

public class BpeMergesTests
{
    static readonly (int, int, int)[] rules =
        [('a', 'b', 256), (256, 'c', 257), ('b', 'c', 258), ('a', 'a', 259), (259, 'b', 260), (257, 257, 261), (256, 256, 262)];

    /// <summary>The definition: of all adjacent pairs with a rule, the earliest rule, leftmost.</summary>
    static List<int> ByDefinition(IEnumerable<byte> word)
    {
        var ids = word.Select(b => (int)b).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, Math.Max(0, ids.Count - 1))
                .Select(i => (Rank: Array.FindIndex(rules, r => r.Item1 == ids[i] && r.Item2 == ids[i + 1]), At: i)).Where(p => p.Rank >= 0)
                .DefaultIfEmpty((Rank: -1, At: -1)).Min();
            if (best.At < 0)
                return ids;
            ids[best.At] = rules[best.Rank].Item3;
            ids.RemoveAt(best.At + 1);
        }
    }

    [Fact] // longer words take a queue
    public void Words_short_and_long_merge_by_the_definition()
    {
        var merges = new BpeMerges(rules);
        Gen.Byte[(byte)'a', (byte)'d'].Array[0, 300].Sample(word =>
        {
            var (ids, lengths) = (word.Select(b => (int)b).ToArray(), word.Select(_ => 1).ToArray());
            var count = merges.Merge(ids, lengths);
            Assert.Equal(ByDefinition(word), ids[..count]);
            Assert.Equal(ids[..count].Select(Length), lengths[..count]);
        }, iter: 2000, threads: 1);

        static int Length(int id) => id < 256 ? 1 : rules.Where(r => r.Item3 == id).Select(r => Length(r.Item1) + Length(r.Item2)).First();
    }
}
