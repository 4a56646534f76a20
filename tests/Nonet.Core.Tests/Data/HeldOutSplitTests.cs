using Nonet.Data;

namespace Nonet.Tests.Data;

public class HeldOutSplitTests
{
    static (string[] Train, string[] HeldOut) Split(double share, params string[] texts) => HeldOutSplit.Of(texts, share, seed: 1, text => text, "examples");

    [Fact]
    public void About_the_share_is_held_out_and_copies_are_on_one_side()
    {
        string[] texts = [.. Enumerable.Range(0, 1000).Select(i => $"text {i % 500}")];
        var (train, heldOut) = Split(0.1, texts);
        Assert.InRange(heldOut.Length, 60, 140);
        Assert.Empty(train.Intersect(heldOut));
        Assert.Equal(texts.Order(), train.Concat(heldOut).Order());
        Assert.Subset(Split(0.1, [.. texts, "another"]).HeldOut.ToHashSet(), heldOut.ToHashSet());
    }

    [Theory]
    [InlineData(0.001), InlineData(0.999)]
    public void Of_two_texts_one_is_held_out_whatever_the_share(double share)
    {
        var (train, heldOut) = Split(share, "one", "two", "one");
        Assert.Single(train.Distinct());
        Assert.Single(heldOut.Distinct());
    }

    [Fact]
    public void Fewer_than_two_different_texts_are_refused()
    {
        string Message(params string[] texts) => Assert.Throws<ArgumentException>(() => Split(0.1, texts)).Message;
        Assert.Equal("examples: found 1; expected at least two different ones, because some are held out for evaluation: add more, or set "
            + "data.validation in a recipe to another file", Message("one"));
        Assert.StartsWith("examples: found 2, all the same; expected", Message("one", "one"), StringComparison.Ordinal);
        Assert.StartsWith("examples: found 0; expected", Message(), StringComparison.Ordinal);
    }
}
