using Nonet.Data.Tasks;
using Nonet.Evaluation.Baselines;

namespace Nonet.Tests.Evaluation.Baselines;

public class BagOfWordsTests
{
    static LabelledText Text(string text, int label, string? second = null) => new(text, second, $"{label}", label);

    [Fact]
    public void Words_that_tell_are_learnt()
    {
        LabelledText[] texts = [Text("A good film!", 1), Text("good, really GOOD", 1), Text("a bad film", 0), Text("really bad", 0)];
        var bag = BagOfWords.Train(texts, 2);
        Assert.Equal(5, bag.Words); // a, bad, film, good, really: each in two texts
        Assert.Equal(1, bag.Accuracy(texts));
        Assert.Equal((1, 0), (bag.Predict(Text("good unknown", 0)), bag.Predict(Text("bad", 0))));
        Assert.All([WordWeight.Presence, WordWeight.Frequency], w =>
            Assert.Equal(1, BagOfWords.Train(texts, 2, new BagOfWordsOptions { Weight = w }).Accuracy(texts)));
    }

    /// <summary>With one word in every text of either class and none else, p = share of the class: the bias alone, ln 3.</summary>
    [Fact]
    public void Without_a_telling_word_the_larger_class_wins()
    {
        LabelledText[] texts = [Text("x", 0), Text("x", 0), Text("x", 2), Text("x", 0)];
        Assert.Equal(0.75, BagOfWords.Train(texts, 3).Accuracy(texts));
        Assert.Throws<ArgumentException>(() => BagOfWords.Train(texts, 2));
    }

    [Fact]
    public void The_words_of_a_second_text_can_be_its_own()
    {
        LabelledText[] texts = [Text("a", 0, "b"), Text("b", 1, "a"), Text("a", 0, "b"), Text("b", 1, "a")];
        Assert.Equal(0.5, BagOfWords.Train(texts, 2).Accuracy(texts));
        Assert.Equal(1, BagOfWords.Train(texts, 2, new BagOfWordsOptions { SeparateSecond = true }).Accuracy(texts));
    }

    /// <summary>SST-2: unigram logistic regression is reported at about 80 to 83 on dev.</summary>
    [Fact]
    public void Sentiment_is_told_by_words_four_times_in_five()
    {
        var train = LabelledTexts.Read(new LabelledTextOptions { Path = SharedFolder.Find("data/classification/sst2/train.tsv") });
        var dev = LabelledTexts.Read(new LabelledTextOptions { Path = SharedFolder.Find("data/classification/sst2/dev.tsv") }, train.Labels);
        var bag = BagOfWords.Train([.. train.Items.Where((_, i) => i % 4 == 0)], 2, new BagOfWordsOptions { MostIterations = 60 });
        var accuracy = bag.Accuracy(dev.Items);
        TestContext.Current.TestOutputHelper?.WriteLine($"{bag.Words} words, {accuracy:P2} of {dev.Items.Count}");
        Assert.InRange(accuracy, 0.77, 0.86);
    }
}
