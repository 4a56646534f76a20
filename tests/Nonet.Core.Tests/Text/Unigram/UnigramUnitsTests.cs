using Nonet.Text.Unigram;

namespace Nonet.Tests.Text.Unigram;

public class UnigramUnitsTests
{
    /// <summary>Units of words, all of whose characters but ~ are known.</summary>
    internal static UnigramUnits Units(params (string Word, long Count)[] words) =>
        UnigramUnits.Of(words.Select(w => KeyValuePair.Create(w.Word, w.Count)),
            words.SelectMany(w => w.Word.EnumerateRunes()).Select(r => r.Value).Where(c => c != '~').ToHashSet());

    internal static string Text(UnigramUnits units, int start, int length) =>
        string.Concat(units.Text.AsSpan(start, length).ToArray().Select(char.ConvertFromUtf32));

    static string[] Words(string word)
    {
        var units = Units((word, 1));
        return [.. Enumerable.Range(0, units.Count).Select(u => Text(units, units.Starts[u], units.Starts[u + 1] - units.Starts[u] - 1))];
    }

    [Theory]
    [InlineData("▁whale", "▁whale")]
    [InlineData("▁don't.", "▁don", "'", "t", ".")]
    [InlineData("▁end.\n\nThe", "▁end", ".", "\n\n", "The")]
    [InlineData("▁1859\u2014a\t", "▁1859", "\u2014", "a", "\t")]
    [InlineData("▁▁a▁b", "▁", "▁a", "▁b")]
    [InlineData("▁слон\u0301elephant", "▁слон\u0301", "elephant")]
    [InlineData("▁漢字かなカナー\U0001F600\U0001F600", "▁漢字かなカナー", "\U0001F600\U0001F600")]
    [InlineData("▁ab~~cd~", "▁ab", "cd")]
    [InlineData("~")]
    public void A_unit_is_of_one_kind(string word, params string[] units) => Assert.Equal(units, Words(word));

    [Fact]
    public void Equal_units_are_counted_together()
    {
        var units = Units(("a.", 3), ("a", 4), (".", 1L << 40));
        Assert.Equal([7, 3 + (1L << 40)], units.Counts);
        Assert.Equal(['a', 0, '.', 0], units.Text);
    }
}
