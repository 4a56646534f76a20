using CsCheck;
using Nonet.Inference;

namespace Nonet.Tests.Inference;

public class StopTextFilterTests
{
    [Fact]
    public void What_may_begin_a_stop_text_is_held_back_until_it_is_clear()
    {
        var filter = new StopTextFilter(["END", "\n\n"]);
        Assert.Equal(["a", "", "", "ENx", "", "\ny", "z"], new[] { "a", "E", "N", "x", "\n", "y", "z" }.Select(filter.Add));
        Assert.Equal(["", "EN"], new[] { filter.Add("EN"), filter.Finish() });
        Assert.False(filter.Found);
    }

    [Fact]
    public void The_first_stop_text_ends_everything()
    {
        var filter = new StopTextFilter(["ND", "aE"]);
        Assert.Equal("x", filter.Add("xaENDz"));
        Assert.True(filter.Found);
        Assert.Equal("", filter.Add("more") + filter.Finish());
    }

    [Fact]
    public void Beginnings_may_overlap() // "aab" in "aaab"
    {
        var filter = new StopTextFilter(["aab"]);
        Assert.Equal(["", "", "a", ""], new[] { "a", "a", "a", "b" }.Select(filter.Add));
        Assert.True(filter.Found);
    }

    [Fact]
    public void However_a_text_is_split_the_same_is_shown() =>
        Gen.Select(Gen.String[Gen.Char["ab"], 0, 12], Gen.Int[1, 5], Gen.String[Gen.Char["ab"], 1, 3].Array[1, 2]).Sample((text, size, stops) =>
    {
        var first = (from end in Enumerable.Range(1, text.Length) from start in Enumerable.Range(0, end) where stops.Contains(text[start..end]) select start)
            .FirstOrDefault(text.Length);
        var filter = new StopTextFilter(stops);
        var shown = string.Concat(text.Chunk(size).Select(part => filter.Add(new string(part)))) + filter.Finish();
        Assert.Equal(text[..first], shown);
    });

    [Fact]
    public void An_empty_stop_text_is_refused() => Assert.Throws<ArgumentException>(() => new StopTextFilter([""]));
}
