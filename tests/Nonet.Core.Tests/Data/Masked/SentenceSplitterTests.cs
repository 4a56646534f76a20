using Nonet.Data.Masked;

namespace Nonet.Tests.Data.Masked;

public class SentenceSplitterTests
{
    /// <summary>Sentences are parted by |.</summary>
    [Theory]
    [InlineData("It rained. We went home.|Then it stopped!")]
    [InlineData("Mr. Holmes met Dr. Watson and St. Clair.|Mrs. Hudson left.")]
    [InlineData("J. R. R. Tolkien wrote it.|So did C. S. Lewis, I think.|You and I.|They agreed.")]
    [InlineData("He stopped... and went on.|She waited…|Nobody came.")]
    [InlineData("\u201cStop!\u201d he cried.|\u201cWhy?\u201d|\u201cBecause.\u201d|(Nobody knew.)|Silence.")]
    [InlineData("\"Is it?\" she asked.|\"It is.\"|He nodded.")]
    [InlineData("See Fig. 3 and p. 12, no. 5, vol. II.|It cost 3.14 dollars, e.g. 2.50 and 0.64.")]
    [InlineData("He lived in the U.S. Army barracks.|He left the U.S.|The others stayed until 5 p.m. on Monday.|They had pens, ink, etc.|It was enough.")]
    [InlineData("Apple Inc. Chairman Jobs spoke.|He worked for Apple Inc.|He left.")]
    [InlineData("1. Wash the rice.|2. Boil it.|That was in 1999.|Now it is done.")]
    [InlineData("No.|She said no.|Yes?!|Good.")]
    [InlineData("これは文です。|次の文です！|「本当ですか？」|はい。")]
    [InlineData("no capitals. none at all.")]
    [InlineData("It ends without a stop")]
    [InlineData("Das ist z.B. Herr Meier.|Er kam am Montag.|Ende.")]
    public void Prose_is_cut(string marked)
    {
        var expected = marked.Split('|');
        if (marked.StartsWith("It rained", StringComparison.Ordinal))
            expected = ["It rained.", "We went home.", "Then it stopped!"];
        if (marked.StartsWith("これは", StringComparison.Ordinal))
            Assert.Equal(expected, SentenceSplitter.Split(string.Concat(expected)));
        Assert.Equal(expected, SentenceSplitter.Split(string.Join(' ', expected)));
        Assert.Equal(expected, SentenceSplitter.Split(string.Join("\n\n", expected)));
        Assert.Equal(expected,
            SentenceSplitter.Split(string.Join("  ", expected).Replace(" ", "\n", StringComparison.Ordinal).Replace("\n\n", "\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_blank_line_ends_a_sentence_and_a_line_end_does_not()
    {
        Assert.Equal(["CHAPTER I", "It was the best of times.", "It was."],
            SentenceSplitter.Split("CHAPTER I\r\n \r\n\r\nIt was the\r\n   best of\ttimes. It was.\r\n"));
        Assert.Empty(SentenceSplitter.Split(" \n\n\t"));
        Assert.Equal(["..."], SentenceSplitter.Split("..."));
        Assert.Equal(["\" ."], SentenceSplitter.Split("\" ."));
    }

    [Fact]
    public void Nothing_of_a_text_is_lost()
    {
        var text = File.ReadAllText(Repository.File("data/sherlock_holmes.txt"));
        var sentences = SentenceSplitter.Split(text);
        Assert.Equal(string.Concat(text.Where(c => !char.IsWhiteSpace(c))), string.Concat(sentences.Select(s => s.Replace(" ", "", StringComparison.Ordinal))));
        Assert.InRange(sentences.Average(s => s.Length), 60, 130);
        Assert.All(sentences, s => Assert.False(string.IsNullOrWhiteSpace(s)));
    }
}
