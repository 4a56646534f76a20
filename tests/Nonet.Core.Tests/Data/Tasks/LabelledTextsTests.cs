using Nonet.Data.Tasks;
using Nonet.Files;

namespace Nonet.Tests.Data.Tasks;

public sealed class LabelledTextsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Refused(LabelledTextOptions options, TaskLabels? labels = null) =>
        Assert.Throws<MalformedFileException>(() => LabelledTexts.Read(options, labels)).Message;

    [Fact]
    public void A_tsv_is_not_unquoted()
    {
        var path = folder.Add("train.tsv", "id\tsentence1\tsentence2\tlabel\n0\t\"Quoted, he said\tHe \"spoke\".\tentailment\n1\t\tNo.\tneutral\r\n");
        var texts = LabelledTexts.Read(new LabelledTextOptions { Path = path, Text = "sentence1", Second = "sentence2" });
        Assert.Equal(["entailment", "neutral"], texts.Labels!.Names);
        Assert.Equal(new LabelledText("\"Quoted, he said", "He \"spoke\".", "entailment", 0), texts.Items[0]);
        Assert.Equal((1, 1), (texts.Empty, texts.Items[1].Class));
        Assert.Contains("columns id, sentence1, sentence2, label; expected one named text", Refused(new LabelledTextOptions { Path = path, Text = "text" }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_can_be_numbered()
    {
        var path = folder.Add("cola.tsv", "gj04\t1\t\tOur friends won't buy it.\ngj04\t0\t*\tThey drank the pub.\n");
        var texts = LabelledTexts.Read(new LabelledTextOptions { Path = path, Text = "4", Label = "2" });
        Assert.Equal(["They drank the pub.", "Our friends won't buy it."], texts.Items.OrderBy(i => i.Class).Select(i => i.Text));
        Assert.Single(LabelledTexts.Read(new LabelledTextOptions { Path = path, Text = "4", Label = "2", Header = true }).Items);
        Assert.Contains("4 columns on line 1; expected at least 5", Refused(new LabelledTextOptions { Path = path, Text = "5", Label = "2" }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_csv_is_unquoted()
    {
        var path = folder.Add("a.csv", "sentence,label\n\"a, \"\"b\"\"\nc\",x\nplain \"d\",y\n");
        Assert.Equal(["a, \"b\"\nc", "plain \"d\""], LabelledTexts.Read(new LabelledTextOptions { Path = path }).Items.Select(i => i.Text));
        var open = folder.Add("open.csv", "sentence,label\na,x\n\"b,y\nc,z\n");
        Assert.Contains("opened in the record of line 3", Refused(new LabelledTextOptions { Path = open }), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_have_a_stable_order_and_a_new_one_is_named()
    {
        var train = LabelledTexts.Read(
            new LabelledTextOptions
            {
                Path = folder.Add("train.jsonl",
            "{\"sentence\": \"a\", \"label\": 10}\n{\"sentence\": \"b\", \"label\": 9}\n{\"sentence\": \"c\", \"label\": 10}\n")
            });
        Assert.Equal(["9", "10"], train.Labels!.Names);
        Assert.Equal([1, 0, 1], train.Items.Select(i => i.Class));
        var dev = folder.Add("dev.jsonl", "{\"sentence\": \"a\", \"label\": 9}\n\n{\"sentence\": \"b\", \"label\": 11}\n");
        Assert.Contains("dev.jsonl: found label '11' on line 3; expected one of 9, 10", Refused(new LabelledTextOptions { Path = dev }, train.Labels),
            StringComparison.Ordinal);
        Assert.Equal(["B", "Z", "a"], TaskLabels.Collect(["a", "Z", "B", "a"]).Names);
        Assert.Equal(["O", "B-A", "I-A"], TaskLabels.Collect(["I-A", "B-A", "O"]).Names);
        Assert.Throws<ArgumentException>(() => new TaskLabels(["a", "a"]));
    }

    [Fact]
    public void Labels_can_be_numbers()
    {
        var options = new LabelledTextOptions
        {
            Path = folder.Add("sts.tsv", "a\tb\t3.8\nc\td\t-1e1\n"),
            Text = "1",
            Second = "2",
            Label = "3",
            Numbers = true
        };
        Assert.Equal([3.8, -10], LabelledTexts.Read(options).Items.Select(i => i.Value));
        Assert.Contains("label 'b' on line 1; expected a number", Refused(options with { Label = "2" }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        LabelledText[] items = [new("a\tb \"c\"", "d\ne", "x", 0), new("f", "g", "y", 1)];
        LabelledTexts.WriteTsv(folder["w.tsv"], items);
        var read = LabelledTexts.Read(new LabelledTextOptions { Path = folder["w.tsv"], Text = "sentence1", Second = "sentence2" });
        Assert.Equal([items[0] with { Text = "a b \"c\"", Second = "d e" }, items[1]], read.Items);
    }

    [Fact]
    public void Published_sets_are_read_whole()
    {
        var train = LabelledTexts.Read(new LabelledTextOptions { Path = SharedFolder.Find("data/classification/sst2/train.tsv") });
        var dev = LabelledTexts.Read(new LabelledTextOptions { Path = SharedFolder.Find("data/classification/sst2/dev.tsv") }, train.Labels);
        Assert.Equal((67_349, 872, 0), (train.Items.Count, dev.Items.Count, train.Empty));
        Assert.Equal((444, 37_569), (dev.Items.Count(i => i.Class == 1), train.Items.Count(i => i.Class == 1))); // GLUE's counts of positive ones
        var boolq = LabelledTexts.Read(
            new LabelledTextOptions
            {
                Path = SharedFolder.Find("data/classification/boolq_validation.csv"),
                Text = "question",
                Second = "passage",
                Label = "answer"
            });
        Assert.Equal((3_270, 2_033), (boolq.Items.Count, boolq.Items.Count(i => i.Label == "true")));
        var cb = LabelledTexts.Read(new LabelledTextOptions { Path = SharedFolder.Find("data/classification/olora/CB/train.json") });
        Assert.Equal(["contradiction", "entailment", "neutral"], cb.Labels!.Names);
    }
}
