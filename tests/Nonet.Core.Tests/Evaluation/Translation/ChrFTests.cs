using Nonet.Evaluation.Translation;

namespace Nonet.Tests.Evaluation.Translation;

/// <summary>Values of sacreBLEU's own tests (mjpost/sacrebleu, test/test_chrf.py) and of sums by hand.</summary>
public class ChrFTests
{
    const string Risk = "risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
        RiskReference = "risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists .";

    [Theory] // β 3, every order
    [InlineData("abcdefg", "hijklmnop", 0.0)]
    [InlineData("", "reference", 0.0)]
    [InlineData("aa", "ab", 8.3333)] // ½ of one order of six
    [InlineData("a", "a", 16.6667)]
    [InlineData("a b c", "abc", 50.0)]
    [InlineData(" " + Risk, RiskReference, 63.361730)]
    [InlineData(" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
        "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.", 64.1302698)]
    [InlineData("Niemand hat die Absicht, eine Mauer zu errichten", "Niemand hat die Absicht, eine Mauer zu errichten", 100.0)]
    public void Of_every_order(string hypothesis, string reference, double score) =>
        Assert.Equal(score, Score(hypothesis, reference, new ChrFOptions { Beta = 3, EveryOrder = true }), 1e-4);

    [Theory] // β 3, orders that there are
    [InlineData("a", "a", 100.0)]
    [InlineData("a b c", "abc", 100.0)]
    [InlineData("", "c", 0.0)]
    [InlineData("aa", "ab", 25.0)]
    public void Of_effective_orders(string hypothesis, string reference, double score) =>
        Assert.Equal(score, Score(hypothesis, reference, new ChrFOptions { Beta = 3 }), 1e-4);

    [Theory]
    [InlineData("Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.",
        "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.", 67.3481606)]
    [InlineData(Risk, RiskReference, 65.2414427)]
    public void With_whitespace(string hypothesis, string reference, double score) =>
        Assert.Equal(score, Score(hypothesis, reference, new ChrFOptions { Beta = 3, Whitespace = true }), 1e-4);

    [Theory] // chrF2 of every order
    [InlineData("Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře.",
        "Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře.", 39.14078509)]
    [InlineData("Nebo prostě nemají vybavení, které by jim pomohlo, uvedli lékaři.",
        "A někdy nemáme ani potřebný materiál, abychom jim pomohli, popsali lékaři.", 31.22557079)]
    [InlineData("Lapali po dechu, jejich životy skončily dřív, než skutečně začaly.",
        "Lapali po dechu a pak jejich život skončil - dřív, než skutečně mohl začít, připomněli.", 57.15704367)]
    public void Of_two(string hypothesis, string reference, double score) =>
        Assert.Equal(score, Score(hypothesis, reference, new ChrFOptions { EveryOrder = true }), 1e-4);

    static double Score(string hypothesis, string reference, ChrFOptions options) => new ChrF(options).Corpus([hypothesis], [[reference]]).Score;

    [Fact]
    public void Counts_are_summed_over_lines() => Assert.Equal(50, new ChrF().Corpus(["a", "b"], [["a", "c"]]).Score, 1e-9);

    [Fact]
    public void Words_count_beside_characters()
    {
        // "ab c." and "ab d.": characters abc. and abd.: orders 1 to 4 have 3/4, 1/3, 0/2, 0/1; words ab c . and ab d .: 2/3, and 0/2 for pairs. Precision
        // equals recall, so F is their mean.
        var mean = (3.0 / 4 + 1.0 / 3 + 0 + 0 + 2.0 / 3 + 0) / 6;
        Assert.Equal(100 * mean, Score("ab c.", "ab d.", new ChrFOptions { Words = 2 }), 1e-9);
    }

    [Fact]
    public void The_best_reference_counts()
    {
        var chrf = new ChrF();
        Assert.Equal(100, chrf.Sentence("abc", "xyz", "abc").Score, 1e-9);
        Assert.Equal("chrF2 = 100.00", chrf.Sentence("abc", "xyz", "abc").ToString());
        Assert.Equal("nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:nonet-0.1.0", chrf.Signature(2));
        Assert.Equal("chrF2++ = 100.00", new ChrF(new ChrFOptions { Words = 2, Lowercase = true }).Sentence("ABC", "abc").ToString());
    }

    [Fact]
    public void Options_are_checked()
    {
        Assert.Contains("Characters is 0", Assert.Throws<ArgumentException>(() => new ChrF(new ChrFOptions { Characters = 0 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("Beta is 0", Assert.Throws<ArgumentException>(() => new ChrF(new ChrFOptions { Beta = 0 })).Message, StringComparison.Ordinal);
    }
}
