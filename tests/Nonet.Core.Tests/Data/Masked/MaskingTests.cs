using Nonet.Data.Masked;
using Nonet.Tensors;

namespace Nonet.Tests.Data.Masked;

public class MaskingTests
{
    static readonly MaskedMarks marks = new(2, 3, 4, 100);

    static (int[] Ids, List<int> Rows, List<int> Targets) Apply(int[] ids, MaskingOptions options, bool[]? parts = null, uint step = 0, int? length = null)
    {
        var masked = ids.ToArray();
        var (rows, targets) = (new List<int>(), new List<int>());
        var draws = new KeyedDraws(new RandomKey(7, step, 1), 0);
        new Masking(options, marks, parts).Apply(masked, [.. ids.Select(id => id is 2 or 3)], length ?? ids.Length, ref draws, rows, targets);
        return (masked, rows, targets);
    }

    static int[] Sequence(int length) => [2, .. Enumerable.Range(0, length - 2).Select(i => 10 + i % 50), 3];

    [Theory]
    [InlineData(128, 128, 19), InlineData(512, 512, 77), InlineData(100, 128, 15), InlineData(5, 128, 1), InlineData(3, 128, 1), InlineData(16, 128, 2),
        InlineData(10, 128, 2), InlineData(11, 128, 2)]
    public void Fifteen_percent_of_the_length_with_marks_are_predicted(int length, int full, int expected)
    {
        var ids = Sequence(length);
        var (masked, rows, targets) = Apply(ids, new MaskingOptions(), length: full);
        Assert.Equal(expected, rows.Count); // 19.2; 76.8; 15; 0.75; 0.45; 2.4; 1.5, halves to even; 1.65
        Assert.Equal(rows.Order().Distinct(), rows);
        Assert.Equal(rows.Select(r => ids[r]), targets);
        Assert.All(rows, r => Assert.InRange(r, 1, length - 2));
        Assert.All(Enumerable.Range(0, length).Except(rows), i => Assert.Equal(ids[i], masked[i]));
    }

    [Fact]
    public void No_more_than_the_most_are_predicted()
    {
        Assert.Equal(20, Apply(Sequence(512), new MaskingOptions { MostPredictions = 20 }).Rows.Count);
        Assert.Equal(6, Apply(Sequence(8), new MaskingOptions { Rate = 1 }).Rows.Count); // all but the marks
    }

    [Fact]
    public void What_stands_in_the_place_of_a_token()
    {
        var ids = Sequence(200);
        var (all, rows, _) = Apply(ids, new MaskingOptions { Masked = 1, Kept = 0 });
        Assert.All(rows, r => Assert.Equal(marks.Mask, all[r]));
        Assert.Equal(ids, Apply(ids, new MaskingOptions { Masked = 0, Kept = 1 }).Ids);
        var random = new HashSet<int>();
        for (var step = 0u; step < 100; step++)
        {
            var (replaced, chosen, _) = Apply(ids, new MaskingOptions { Masked = 0, Kept = 0 }, step: step);
            random.UnionWith(chosen.Select(r => replaced[r]));
        }
        Assert.Equal(Enumerable.Range(0, marks.Vocab), random.Order()); // of the whole vocabulary, marks included
    }

    [Fact]
    public void Words_are_masked_whole_and_one_that_overflows_is_passed_over()
    {
        // Words: 10; 11 ##60 ##61; 12; 13 ##62. A part behind a mark is a word of its own.
        var parts = new bool[100];
        parts.AsSpan(60).Fill(true);
        int[] ids = [2, 10, 11, 60, 61, 12, 13, 62, 3, 63, 14, 3];
        int[][] words = [[1], [2, 3, 4], [5], [6, 7], [9], [10]];
        var seen = new HashSet<string>();
        for (var step = 0u; step < 300; step++)
        {
            var rows = Apply(ids, new MaskingOptions { WholeWords = true, Rate = 2.0 / 12 }, parts, step).Rows; // two tokens
            var chosen = words.Where(w => rows.Contains(w[0])).ToArray();
            Assert.Equal(chosen.SelectMany(w => w), rows);
            Assert.Equal(2, rows.Count);
            seen.Add(string.Join(",", rows));
        }
        Assert.Contains("6,7", seen);
        Assert.DoesNotContain(seen, s => s.Contains("2,3", StringComparison.Ordinal));
        Assert.Equal(6 + 1, seen.Count); // two of the four single words, or the word of two
        Assert.Throws<ArgumentException>(() => Apply(ids, new MaskingOptions { WholeWords = true }));
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Contains("rate is 0", Assert.Throws<ArgumentException>(() => new MaskingOptions { Rate = 0 }.Check()).Message, StringComparison.Ordinal);
        Assert.Contains("kept is 0.3, masked 0.8", Assert.Throws<ArgumentException>(() => new MaskingOptions { Kept = 0.3 }.Check()).Message,
            StringComparison.Ordinal);
        Assert.Contains("duplicates is 0", Assert.Throws<ArgumentException>(() => new MaskedOptions { Duplicates = 0 }.Check()).Message,
            StringComparison.Ordinal);
        Assert.Contains("short_probability", Assert.Throws<ArgumentException>(() => new MaskedOptions { ShortProbability = double.NaN }.Check()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lengths_change_after_their_share_of_the_steps()
    {
        var schedule = new LengthSchedule();
        Assert.Equal((128, 128, 512, 512), (schedule.At(0, 1000), schedule.At(899, 1000), schedule.At(900, 1000), schedule.At(999, 1000)));
        Assert.Throws<ArgumentException>(() => (schedule with { Long = 64 }).Check());
    }
}
