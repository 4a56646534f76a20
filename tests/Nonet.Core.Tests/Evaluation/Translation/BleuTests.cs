using Nonet.Evaluation.Translation;

namespace Nonet.Tests.Evaluation.Translation;

/// <summary>Values of sacreBLEU's own tests (mjpost/sacrebleu, test/test_bleu.py and test_sentence_bleu.py) and of sums by hand.</summary>
public class BleuTests
{
    static readonly string[] Hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];

    static readonly string[][] References =
    [
        ["The dog bit the man.", "It was not unexpected.", "The man bit him first."],
        ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."],
    ];

    [Theory]
    [InlineData(BleuTokenization.Mteval13a, 48.530827)]
    [InlineData(BleuTokenization.None, 49.1919566)]
    [InlineData(BleuTokenization.International, 43.91623493)]
    public void The_example_of_sacrebleu(BleuTokenization tokenization, double score) =>
        Assert.Equal(score, new Bleu(new BleuOptions { Tokenization = tokenization }).Corpus(Hypotheses, References).Score, 1e-6);

    [Fact] // the line in its README
    public void The_line_and_the_signature_are_in_sacrebleus_form()
    {
        var bleu = new Bleu();
        Assert.Equal("BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)", bleu.Corpus(Hypotheses, References).ToString());
        Assert.Equal("nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:nonet-0.1.0", bleu.Signature(2));
        Assert.StartsWith("nrefs:1|case:lc|eff:yes|tok:char|smooth:floor[0.10]|",
            new Bleu(new BleuOptions { Lowercase = true, EffectiveOrder = true, Tokenization = BleuTokenization.Character, Smoothing = BleuSmoothing.Floor })
            .Signature(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenization.Mteval13a, 8.493)]
    [InlineData(BleuSmoothing.None, null, false, BleuTokenization.Mteval13a, 0.0)]
    [InlineData(BleuSmoothing.Floor, null, false, BleuTokenization.Mteval13a, 4.51688)]
    [InlineData(BleuSmoothing.Floor, 0.5, false, BleuTokenization.Mteval13a, 10.10)]
    [InlineData(BleuSmoothing.AddK, null, false, BleuTokenization.Mteval13a, 14.882)]
    [InlineData(BleuSmoothing.AddK, 2.0, false, BleuTokenization.Mteval13a, 21.389)]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenization.None, 7.347)]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenization.International, 8.493)]
    [InlineData(BleuSmoothing.Exponential, null, false, BleuTokenization.Character, 40.8759)]
    [InlineData(BleuSmoothing.Exponential, null, true, BleuTokenization.Character, 42.0267)]
    public void Sentences_of_each_smoothing_and_tokenization(BleuSmoothing smoothing, double? value, bool lowercase, BleuTokenization tokenization,
        double score)
    {
        var bleu = new Bleu(new BleuOptions { Smoothing = smoothing, SmoothingValue = value, Lowercase = lowercase, Tokenization = tokenization });
        Assert.Equal(score,
            bleu.Sentence("Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;", "producţia de zahăr brut se exprimă în zahăr alb;")
            .Score, 1e-3);
        if (tokenization == BleuTokenization.Mteval13a)
            Assert.Equal(0, bleu.Sentence("this is a cat", "okay thanks").Score); // no match at all: 0 however smoothed
    }

    [Theory] // without tokenization, floor 0.01, orders as long as the output
    [InlineData("this is a test", "this is a test", 100)]
    [InlineData("this is a fest", "this is a test", 22.3606797749979)] // (3/4 · 2/3 · 1/2 · 0.01)^¼
    [InlineData("test", "a test", 36.78794411714425)] // e^(1 − 2)
    [InlineData("a test", "a test", 100)]
    [InlineData("a little test", "a test", 3.218297948685433)] // (2/3 · 0.01/2 · 0.01/1)^⅓
    public void Short_sentences(string hypothesis, string reference, double score) =>
        Assert.Equal(score,
            new Bleu(new BleuOptions { Smoothing = BleuSmoothing.Floor, SmoothingValue = 0.01, Tokenization = BleuTokenization.None })
            .Sentence(hypothesis, reference).Score, 1e-8);

    [Fact]
    public void Counts_are_clipped_by_the_reference()
    {
        var score = new Bleu().Corpus(["am I am a character sequence"], [["I am a symbol string sequence a a"]]);
        Assert.Equal([4, 2, 1, 0], score.Matches); // I, am once, a, sequence; I am, am a; I am a
        Assert.Equal([6, 5, 4, 3], score.Totals);
        Assert.Equal((6, 8), (score.HypothesisLength, score.ReferenceLength));
        Assert.Equal(Math.Exp(1 - 8.0 / 6), score.BrevityPenalty, 1e-12);
        Assert.Equal(100.0 / (2 * 3), score.Precisions[3], 1e-12); // the first order without a match: ½ of one
        Assert.Equal(100 * score.BrevityPenalty * Math.Pow(4.0 / 6 * 2 / 5 * 1 / 4 / 6, 0.25), score.Score, 1e-9);
    }

    [Fact] // 5 words lie as near to 4 as to 6: the shorter counts
    public void Of_references_equally_near_the_shorter_counts()
    {
        var score = new Bleu().Corpus(["a b c d e"], [["a b c d e f"], ["a b c d"]]);
        Assert.Equal(4, score.ReferenceLength);
        Assert.Equal(100, score.Score, 1e-9);
    }

    [Fact]
    public void Nothing_scores_nothing()
    {
        Assert.Equal(0, new Bleu().Corpus(["", "", ""], References).Score);
        Assert.Equal(0, new Bleu().Corpus(["a b"], [["a b"]]).Score); // no trigram: not defined, so 0 without effective order
        Assert.Equal(100, new Bleu(new BleuOptions { EffectiveOrder = true }).Corpus(["a b"], [["a b"]]).Score, 1e-9);
    }

    [Theory] // by the rules of mteval-v13a, one after another
    [InlineData("Hello, world!", "Hello , world !")]
    [InlineData("1,000.5 and 3.", "1,000.5 and 3 .")]
    [InlineData("the U.S. (e.g., Ohio)", "the U . S . ( e . g . , Ohio )")]
    [InlineData("2-3 well-known -4", "2 - 3 well-known -4")]
    [InlineData("don't ``quote''", "don't ` ` quote''")]
    [InlineData("&quot;A&amp;B&quot; &lt;x&gt; &amp;lt;", "\" A & B \" < x > <")] // an unescaped & makes a new entity
    [InlineData("a<skipped>b", "ab")]
    [InlineData("wait...", "wait . . .")]
    [InlineData("Größe „x“ – 5€", "Größe „x“ – 5€")]
    [InlineData("a\u00a0b \t c", "a b c")]
    [InlineData("", "")]
    public void Words_of_13a(string line, string words) => Assert.Equal(words, string.Join(' ', BleuWords.Of(line, BleuTokenization.Mteval13a)));

    [Theory] // by the rules of mteval-v14
    [InlineData("Größe „x“ – 5€", "Größe „ x “ – 5 €")]
    [InlineData("1,5 in 1990.", "1,5 in 1990.")] // the last full stop stays: nothing follows it
    [InlineData("don't 😀x", "don ' t 😀 x")]
    [InlineData("a，b", "a ， b")]
    public void Words_of_intl(string line, string words) => Assert.Equal(words, string.Join(' ', BleuWords.Of(line, BleuTokenization.International)));

    [Fact]
    public void Lines_must_match()
    {
        Assert.Contains("3 hypotheses, but 2 references in set 2",
            Assert.Throws<ArgumentException>(() => new Bleu().Corpus(Hypotheses, References[0], ["a", "b"])).Message, StringComparison.Ordinal);
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => new Bleu().Corpus(Hypotheses)).Message, StringComparison.Ordinal);
    }
}
