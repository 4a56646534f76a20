using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Baselines;

namespace Nonet.Tests.Data.Tasks;

public class OrderTaskTests
{
    static Document[] Chapters(string name) =>
        [.. Corpus.Read(new DataSource { Path = Repository.File($"data/{name}.txt"), Documents = DocumentCut.Chapters })];

    static string Bag(LabelledText text) => string.Join(' ', $"{text.Text} {text.Second}".Split(' ').Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Every_bag_of_words_has_both_labels(bool sentences)
    {
        var documents = Chapters("sherlock_holmes");
        var task = sentences ? OrderTask.OfSentences(documents, dev: 0.2) : OrderTask.OfWords(documents, dev: 0.2);
        foreach (var side in new[] { task.Train, task.Dev })
        {
            Assert.True(side.Count > 100, $"{side.Count}");
            Assert.All(side.GroupBy(Bag), bag => Assert.Equal(bag.Count(t => t.Class == 0), bag.Count(t => t.Class == 1)));
            Assert.All(side, t => Assert.Equal(OrderTask.Labels.Names[t.Class], t.Label));
            Assert.Equal(sentences, side[0].Second is not null);
        }
        Assert.Empty(task.Dev.Select(Bag).Intersect(task.Train.Select(Bag)));
        var again = sentences ? OrderTask.OfSentences(documents, dev: 0.2) : OrderTask.OfWords(documents, dev: 0.2);
        Assert.Equal(task.Train, again.Train);
        var shown = task.Train.Take(200).ToArray();
        var bag = BagOfWords.Train(shown, 2, new BagOfWordsOptions { MostIterations = 20 });
        Assert.Equal(0.5, bag.Accuracy(task.Dev), 12);
    }

    [Fact]
    public void Two_neighbouring_words_are_exchanged()
    {
        Document[] documents = [new("a", 0, "The quiet river flows slowly."), new("b", 0, "Some small birds sang there.")];
        var seed = Enumerable.Range(1, 100).Select(s => (ulong)s).First(s => documents.Count(d => TokenizedData.Draw(s, d.Text) < 0.5) == 1);
        var task = OrderTask.OfWords(documents, seed, dev: 0.5);
        var all = task.Train.Concat(task.Dev).Select(t => (t.Class, t.Text)).ToArray();
        Assert.Contains((1, "The quiet river flows slowly."), all);
        Assert.True(all.Contains((0, "The river quiet flows slowly.")) || all.Contains((0, "The quiet flows river slowly.")));
        Assert.Throws<ArgumentException>(() => OrderTask.OfWords(documents[..1]));
    }
}
