using System.Text;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Tests.Inference.Constraints;

public class ForbiddenTextTests
{
    /// <summary>All bytes, and some pieces of which the forbidden texts can be put together in several ways.</summary>
    static readonly TokenVocabulary vocabulary = new(
        [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b }),
            .. new[] { "", " [", "[[", "ab", "aba", " a [b", "x [", "abab" }.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Against looking for the text in what was written, token by token, along random texts.</summary>
    [Theory]
    [InlineData(" [", "")]
    [InlineData(" [", "so far ")]
    [InlineData(" [", "so [ ")]
    [InlineData("abab", "aba")]
    [InlineData("aab", "aa")]
    [InlineData("é[", "é")]
    public void A_token_is_forbidden_exactly_where_it_completes_the_text(string text, string before)
    {
        var random = new Random(5);
        var constraint = new ForbiddenText(text, vocabulary).After(Encoding.UTF8.GetBytes(before));
        var written = Encoding.UTF8.GetBytes(before).ToList();
        var (start, mask, forbidden) = (written.Count, new TokenMask(vocabulary.Vocab), 0);
        var utf8 = Encoding.UTF8.GetBytes(text);
        for (var step = 0; step < 400; step++)
        {
            constraint.Fill(mask);
            for (var id = 0; id < vocabulary.Vocab; id++)
            {
                var after = written.Concat(vocabulary.BytesOf(id).ToArray()).ToArray();
                var tail = after.AsSpan(Math.Max(0, written.Count - utf8.Length + 1));
                Assert.Equal(tail.IndexOf(utf8) < 0, mask.Contains(id));
            }
            forbidden += vocabulary.Vocab - mask.Count;
            var likely = Enumerable.Range(0, vocabulary.Vocab).Where(id => mask.Contains(id) && (id >= 256 || " [abé"u8.Contains((byte)id))).ToArray();
            var next = likely[random.Next(likely.Length)];
            constraint.Accept(next);
            written.AddRange(vocabulary.BytesOf(next).ToArray());
        }
        Assert.True(forbidden > 0 && constraint.MayEnd && !constraint.MustEnd);
        Assert.Equal(-1, written.ToArray().AsSpan(start).IndexOf(utf8));
    }

    [Fact]
    public void At_the_beginning_alone_it_is_allowed_further_on()
    {
        var constraint = new ForbiddenText(" [", vocabulary, onlyFirst: true);
        var mask = new TokenMask(vocabulary.Vocab);
        constraint.Fill(mask);
        Assert.False(mask.Contains(257)); // " ["
        constraint.Accept(' ');
        Assert.Throws<ArgumentException>(() => constraint.Fork().Accept('['));
        constraint.Accept('a');
        constraint.Accept(257);
        constraint.Fill(mask);
        Assert.Equal(vocabulary.Vocab, mask.Count);
    }
}
