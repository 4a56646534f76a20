using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.Encoders;
using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Cli.Tests;

/// <summary>embed, fill-mask, classify and answer on tiny models.</summary>
public sealed class EncoderVerbTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly PipelineTokenizer tokenizer =
        WordPieceTrainer.Train(["the old whale sailed to a red sea and met two ships there ."], new WordPieceTrainerOptions { Vocab = 120, MinFrequency = 1 },
        threads: 1);

    public void Dispose() => folder.Dispose();

    /// <summary>Writes a model with a head and returns its folder.</summary>
    string Model(ModelHead head, params string[] labels)
    {
        var config = new BertConfig { Vocab = 120, Context = 32, Layers = 1, Width = 8, Heads = 2, Hidden = 11, Head = head, Labels = labels };
        return RandomModel.Save(folder[$"{head}"], config, tokenizer);
    }

    [Fact]
    public async Task Texts_become_vectors()
    {
        var model = Model(ModelHead.Pooler);
        var one = (await Program.Run("embed", model, "the old whale", "--normalize", "--pooling", "cls", "--json")).Json;
        double[] vector = [.. one.GetProperty("embedding").EnumerateArray().Select(v => v.GetDouble())];
        Assert.Equal((8, 5), (vector.Length, one.GetProperty("tokens").GetInt32()));
        Assert.Equal(1, vector.Sum(v => v * v), 1e-5);
        var lines = await Program.RunWith("the whale\n\na red sea\n", TestContext.Current.CancellationToken, "embed", model, "-");
        Assert.Equal(2, lines.Out.TrimEnd('\n').Split('\n').Length);
        Assert.All(lines.Out.TrimEnd('\n').Split('\n'), line => Assert.Equal(8, line.Split(' ').Length));
        var all = await Program.RunWith($"the whale\n{string.Concat(Enumerable.Repeat("a ", 40))}\n", TestContext.Current.CancellationToken, "embed", model,
            "--out", folder["v.npy"], "--json");
        Assert.Equal("""{"texts":2,"width":8,"cut_texts":1,"cut_tokens":10}""", all.Out.TrimEnd());
        Assert.Contains("1 text truncated to the model's context of 32 tokens: 10 tokens left out", all.Error, StringComparison.Ordinal);
        Assert.Contains("'shape': (2, 8)",
            System.Text.Encoding.ASCII.GetString(await File.ReadAllBytesAsync(folder["v.npy"], TestContext.Current.CancellationToken)),
            StringComparison.Ordinal);
        (await Program.Run("embed", model, "a", "--pooling", "sum")).AssertRefused(2, "'sum'");
        (await Program.Run("embed", Model(ModelHead.Masked), "a", "--pooling", "pooler")).AssertRefused(1, "no pooler");
    }

    [Fact]
    public async Task Masks_are_filled()
    {
        var model = Model(ModelHead.Masked);
        var masks = (await Program.Run("fill-mask", model, "the [MASK] sailed to [MASK]", "--top", "3", "--json")).Json.GetProperty("masks").EnumerateArray()
            .ToArray();
        Assert.Equal(2, masks.Length);
        Assert.All(masks, m => Assert.Equal(3, m.GetProperty("candidates").GetArrayLength()));
        Assert.Equal(5, (await Program.Run("fill-mask", model, "the [MASK]")).Out.TrimEnd('\n').Split('\n').Length);
        (await Program.Run("fill-mask", model, "the whale")).AssertRefused(1, "no mask", "expected [MASK]");
        (await Program.Run("fill-mask", Model(ModelHead.Pooler), "the [MASK]")).AssertRefused(1, "found a BertModel; expected", "BertForMaskedLM");
    }

    [Fact]
    public async Task Texts_and_pairs_are_classified()
    {
        var model = Model(ModelHead.SequenceClassification, "bad", "good", "odd");
        var labels = (await Program.Run("classify", model, "the whale", "two ships", "--json")).Json.GetProperty("labels").EnumerateArray().ToArray();
        Assert.Equal(["bad", "good", "odd"], labels.Select(l => l.GetProperty("label").GetString()!).Order());
        Assert.Equal(1, labels.Sum(l => l.GetProperty("score").GetDouble()), 1e-6);
        var pair = await Program.Run("classify", model, "the whale\ttwo ships", "--top", "1");
        Assert.Equal(pair.Out, (await Program.RunWith("the whale\ttwo ships\n", TestContext.Current.CancellationToken, "classify", model, "--top", "1")).Out);
        Assert.Matches("^0\\.[0-9]{4} (bad|good|odd)\n$", pair.Out);
        (await Program.Run("classify", model, "a", "b", "c")).AssertRefused(2, "3 texts found");
        (await Program.Run("classify", Model(ModelHead.Masked), "a")).AssertRefused(1, "found a BertForMaskedLM; expected", "BertForSequenceClassification");
    }

    [Fact]
    public async Task Choices_and_entities()
    {
        var choices = (await Program.Run("classify", Model(ModelHead.MultipleChoice), "the whale", "sailed", "met two ships", "--json"))
            .Json.GetProperty("choices").EnumerateArray().ToArray();
        Assert.Equal(1, choices.Sum(c => c.GetProperty("score").GetDouble()), 1e-6);
        (await Program.Run("classify", Model(ModelHead.MultipleChoice), "the whale")).AssertRefused(2, "no choices");
        var entities = (await Program.Run("classify", Model(ModelHead.TokenClassification, "B-X", "I-X"), "the old whale", "--json"))
            .Json.GetProperty("entities").EnumerateArray().ToArray();
        Assert.NotEmpty(entities);
        Assert.All(entities, e => Assert.Equal("X", e.GetProperty("label").GetString()));
    }

    [Fact]
    public async Task Words_are_tagged_and_info_names_head_and_labels()
    {
        var model = Model(ModelHead.TokenClassification, "B-X", "I-X");
        var lines = (await Program.RunWith("the old whale\n\ntwo ships.\n", TestContext.Current.CancellationToken, "tag", model)).Out.TrimEnd('\n').Split('\n');
        Assert.Equal(["the", "old", "whale", "", "two", "ships", "."], lines.Select(line => line.Split('\t')[0]));
        Assert.All(lines.Where(line => line.Length > 0), line => Assert.Matches(@"^\S+\t[BI]-X\t[01]\.\d{4}$", line));
        var json = (await Program.Run("tag", model, "the old whale", "--json")).Json;
        Assert.Equal(3, json.GetProperty("words").GetArrayLength());
        Assert.Equal((await Program.Run("classify", model, "the old whale", "--json")).Json.GetProperty("entities").ToString(),
            json.GetProperty("entities").ToString());
        Assert.Equal((await Program.Run("classify", model, "the old whale")).Out, (await Program.Run("tag", model, "the old whale", "--entities")).Out);
        (await Program.Run("tag", Model(ModelHead.Masked), "a")).AssertRefused(1, "found a BertForMaskedLM; expected", "BertForTokenClassification");

        Assert.Contains("head tag, 2 labels: B-X, I-X\n", (await Program.Run("info", model)).Out, StringComparison.Ordinal);
        Assert.Contains("1 layer, 8 wide, 2 heads of 4", (await Program.Run("info", model)).Out, StringComparison.Ordinal);
        var info = (await Program.Run("info", model, "--json")).Json;
        Assert.Equal(("tag", 2), (info.GetProperty("head").GetString(), info.GetProperty("labels").GetArrayLength()));
        Assert.Equal("masked tokens", (await Program.Run("info", Model(ModelHead.Masked), "--json")).Json.GetProperty("head").GetString());
    }

    [Fact]
    public async Task Questions_are_answered_from_the_passage()
    {
        var model = Model(ModelHead.QuestionAnswering);
        const string Passage = "The OLD whale sailed.";
        var answers = (await Program.Run("answer", model, "who met two ships", Passage, "--top", "3", "--json")).Json.GetProperty("answers").EnumerateArray()
            .ToArray();
        Assert.Equal(3, answers.Length);
        Assert.All(answers, a => Assert.Equal(Passage[a.GetProperty("start").GetInt32()..a.GetProperty("end").GetInt32()], a.GetProperty("text").GetString()));
        var typed = await Program.Run("answer", model, "who", Passage);
        Assert.Equal(typed.Out, (await Program.RunWith(Passage, TestContext.Current.CancellationToken, "answer", model, "who")).Out);
        Assert.Contains("no answer", (await Program.Run("answer", model, "who", Passage, "--null-threshold", "-1000")).Out, StringComparison.Ordinal);
        (await Program.RunWith("", TestContext.Current.CancellationToken, "answer", model, "who")).AssertRefused(1, "the passage is empty");
    }

    [Fact]
    public async Task A_decoder_is_no_encoder()
    {
        RandomModel.Save(folder["gpt"], new GptConfig { Vocab = 120, Context = 32, Layers = 1, Width = 8, Heads = 2 }, tokenizer);
        foreach (var verb in new[] { "fill-mask", "classify", "answer" })
            (await Program.Run(verb, folder["gpt"], "a")).AssertRefused(1, "found a gpt2", "expected an encoder");
        Assert.Equal(8, (await Program.Run("embed", folder["gpt"], "a", "--pooling", "last", "--json")).Json.GetProperty("embedding").GetArrayLength());
    }
}
