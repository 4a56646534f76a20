using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tests.Models;
using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Tests.Inference.Encoders;

/// <summary>What is made of a BERT's hidden states and logits.</summary>
public sealed class EncoderInferenceTests
{
    static readonly Tokenizer tokenizer = WordPieceTrainer.Train(["the old whale sailed to a red sea and met two ships there . she plays playing"],
        new WordPieceTrainerOptions { Vocab = 120, MinFrequency = 1 }, threads: 1);

    static Bert Model(ModelHead head, int context = 40, params string[] labels) => (Bert)TinyModels.Filled(
        new BertConfig { Vocab = 120, Context = context, Layers = 1, Width = 8, Heads = 2, Hidden = 11, Head = head, Labels = labels }.Create(
            new ParameterStore(TinyModels.Cpu).Root), train: false);

    static async Task<List<TextEmbedding>> Embed(TextEmbedder embedder, params string[] texts) =>
        await embedder.Embed(texts.ToAsyncEnumerable(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    [Fact]
    public void Vectors_are_what_their_pooling_says()
    {
        var model = Model(ModelHead.Pooler);
        using var scope = new TensorScope();
        var batch = Batch.Of(TinyModels.Cpu, tokenizer.Encode("the old whale"));
        var hidden = model.Forward(batch);
        float[][] rows = [.. ModelText.Rows(hidden)];
        Assert.Equal(5, rows.Length);
        Assert.Equal(rows[0], new TextEmbedder(model, tokenizer, Pooling.Cls).Embed("the old whale").Vector);
        Assert.Equal(ModelText.Rows(model.Pool(hidden, batch)).Single(), new TextEmbedder(model, tokenizer, Pooling.Pooler).Embed("the old whale").Vector);
        var (mean, most) = (new TextEmbedder(model, tokenizer).Embed("the old whale").Vector,
            new TextEmbedder(model, tokenizer, Pooling.Max).Embed("the old whale").Vector);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(rows.Average(r => r[i]), mean[i], 1e-6f);
            Assert.Equal(rows.Max(r => r[i]), most[i]);
        }
        var unit = new TextEmbedder(model, tokenizer, normalize: true).Embed("the old whale").Vector;
        Assert.Equal(1, unit.Sum(x => x * x), 1e-6);
        Assert.Equal(mean[0] / mean[1], unit[0] / unit[1], 1e-4);
        Assert.Throws<NotSupportedException>(() => new TextEmbedder(Model(ModelHead.Masked), tokenizer, Pooling.Pooler));
    }

    [Fact]
    public async Task Texts_of_any_lengths_keep_their_order_and_a_long_one_is_cut()
    {
        var embedder = new TextEmbedder(Model(ModelHead.Masked, context: 6), tokenizer);
        string[] texts = [.. Enumerable.Range(0, 2000).Select(i => (i % 3) switch { 0 => "the whale", 1 => "a", _ => "the old whale sailed to a sea" })];
        var all = await Embed(embedder, texts);
        Assert.Equal(2000, all.Count);
        foreach (var i in new[] { 0, 1, 2, 1000, 1999 })
            Assert.Equal(embedder.Embed(texts[i]).Vector, all[i].Vector);
        Assert.Equal((4, 0), (all[0].Tokens, all[0].Cut));
        Assert.Equal((6, 3), (all[2].Tokens, all[2].Cut)); // 7 words and 2 marks
    }

    [Fact]
    public void Masks_are_filled_with_the_models_probabilities()
    {
        var model = Model(ModelHead.Masked);
        var masks = new MaskFiller(model, tokenizer).Fill("the [MASK] whale sailed to [MASK]", top: 120);
        Assert.Equal([(4, 10), (27, 33)], masks.Select(m => (m.Start, m.End)));
        using var scope = new TensorScope();
        var logits = ModelText.Rows(model.Output(model.Forward(Batch.Of(TinyModels.Cpu, tokenizer.Encode("the [MASK] whale sailed to [MASK]"))))).ToArray();
        Assert.Equal(Array.IndexOf(logits[2], logits[2][..tokenizer.Vocab].Max()), masks[0].Candidates[0].Id);
        Assert.All(masks, m => Assert.Equal(1, m.Candidates.Take(tokenizer.Vocab).Sum(c => c.Probability), 0.5));
        Assert.Equal(masks[0].Candidates.OrderByDescending(c => c.Probability), masks[0].Candidates);
        Assert.Equal("the red whale sailed to [MASK]", masks[0].Candidates.Single(c => c.Token == "red").Text);
        Assert.Equal("the [MASK] whale sailed to red", masks[1].Candidates.Single(c => c.Token == "red").Text);
        Assert.Equal("thes whale sailed to [MASK]", masks[0].Candidates.Single(c => c.Token == "##s").Text);
        Assert.Contains("expected [MASK]", Assert.Throws<ArgumentException>(() => new MaskFiller(model, tokenizer).Fill("the whale")).Message,
            StringComparison.Ordinal);
        Assert.Contains("48 tokens",
            Assert.Throws<ArgumentException>(() => new MaskFiller(model, tokenizer).Fill("[MASK]" + string.Concat(Enumerable.Repeat(" the", 45)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_have_the_probabilities_of_their_problem()
    {
        var model = Model(ModelHead.SequenceClassification, 40, "bad", "good", "odd");
        using var scope = new TensorScope();
        var whole = tokenizer.EncodeFull("the old whale", "two ships");
        var batch = Batch.Of(TinyModels.Cpu, whole.Ids);
        var logits = model.Task(model.Forward(batch, TinyModels.Cpu.From(whole.Types)), batch).ToDoubles();
        var found = new TextClassifier(model, tokenizer).Classify("the old whale", "two ships");
        Assert.Equal(1, found.Labels.Sum(l => l.Score), 1e-9);
        Assert.Equal(model.Config.Labels[Array.IndexOf(logits, logits.Max())], found.Labels[0].Label);
        Assert.Equal(Math.Exp(logits[0]) / logits.Sum(Math.Exp), found.Labels.Single(l => l.Label == "bad").Score, 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(-logits[0])), Score(LabelProblem.MultiLabel), 1e-6);
        Assert.Equal(logits[0], Score(LabelProblem.Regression), 1e-6);
        Assert.NotEqual(found.Labels, new TextClassifier(model, tokenizer).Classify("two ships", "the old whale").Labels);

        double Score(LabelProblem problem)
        {
            var other = (Bert)TinyModels.Filled((model.Config with { Problem = problem }).Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
            return new TextClassifier(other, tokenizer).Classify("the old whale", "two ships").Labels.Single(l => l.Label == "bad").Score;
        }
    }

    [Fact]
    public void Choices_are_weighed_against_each_other()
    {
        var model = Model(ModelHead.MultipleChoice);
        var ranked = new ChoiceRanker(model, tokenizer).Rank("the whale", ["sailed", "met two ships", "a red sea"]);
        Assert.Equal(1, ranked.Sum(), 1e-9);
        Assert.Equal(ranked.Reverse(), new ChoiceRanker(model, tokenizer).Rank("the whale", ["a red sea", "met two ships", "sailed"]), (a, b) =>
            Math.Abs(a - b) < 1e-9);
        Assert.Throws<ArgumentException>(() => new ChoiceRanker(model, tokenizer).Rank("the whale", []));
    }

    [Theory]
    [InlineData("O B-A I-A O", "A 1-2")]
    [InlineData("B-A B-A I-A", "A 0-0, A 1-2")]
    [InlineData("I-A I-B I-B O I-B", "A 0-0, B 1-2, B 4-4")]
    [InlineData("B-A I-A E-A S-A S-B E-A", "A 0-2, A 3-3, B 4-4, A 5-5")]
    [InlineData("PER PER O LOC", "PER 0-1, LOC 3-3")]
    [InlineData("E-A E-A", "A 0-0, A 1-1")]
    [InlineData("O B-LOC I-LOC L-LOC O U-PER", "LOC 1-3, PER 5-5")]
    [InlineData("O O", "")]
    public void Spans_of_labels(string labels, string spans) =>
        Assert.Equal(spans, string.Join(", ", EntitySpans.Of(labels.Split(' ')).Select(s => $"{s.Label} {s.First}-{s.Last}")));

    [Fact]
    public void A_word_is_its_pieces_and_punctuation_stands_alone()
    {
        const string Text = "She's playing, there.";
        var words = EntityTagger.Words(Text, tokenizer.EncodeFull(Text).Tokens);
        Assert.Equal(["She", "'", "s", "playing", ",", "there", "."], words.Select(w => Text[w.Start..w.End]));
        var tagger = new EntityTagger(Model(ModelHead.TokenClassification, 40, "O", "B-X", "I-X"), tokenizer);
        Assert.All(tagger.Tag(Text).Entities, e => Assert.Equal(Text[e.Start..e.End], e.Text));
    }

    [Fact]
    public void Answers_are_parts_of_the_passage_as_it_stands_there()
    {
        const string Passage = "The OLD  Whale\tsailed — to a red sea.  She met two ships there, the old whale.";
        var model = Model(ModelHead.QuestionAnswering);
        var answerer = new QuestionAnswerer(model, tokenizer) { Windows = new WindowOptions { MaxLength = 14, Stride = 4 } };
        var answers = answerer.Find("who met ships", Passage);
        Assert.Equal(20, answers.Count);
        Assert.All(answers, a => Assert.Equal(Passage[a.Start..a.End], a.Text));
        Assert.Equal(1, answers.Sum(a => a.Probability), 1e-9);
        Assert.Equal(answers.OrderByDescending(a => a.Score), answers);
        Assert.Equal("", new QuestionAnswerer(model, tokenizer) { NullThreshold = -1e9 }.Find("who met ships", Passage)[0].Text);
        var never = new QuestionAnswerer(model, tokenizer) { NullThreshold = 1e9 }.Find("who met ships", Passage);
        Assert.Equal((21, ""), (never.Count, never[^1].Text));
        Assert.NotEqual("", never[0].Text);
    }

    [Fact]
    public void Another_head_is_named_by_its_class()
    {
        Assert.Equal("found a BertForMaskedLM; expected a checkpoint of the class BertForQuestionAnswering",
            Assert.Throws<NotSupportedException>(() => new QuestionAnswerer(Model(ModelHead.Masked), tokenizer)).Message);
        Assert.Contains("expected a checkpoint of the class BertForMaskedLM or BertForPreTraining",
            Assert.Throws<NotSupportedException>(() => new MaskFiller(Model(ModelHead.Pooler), tokenizer)).Message, StringComparison.Ordinal);
        Assert.Contains("the model 9: they do not belong together",
            Assert.Throws<ArgumentException>(() => new ModelText(new Bert(new BertConfig { Vocab = 9 }, new ParameterStore(TinyModels.Cpu).Root), tokenizer))
            .Message, StringComparison.Ordinal);
    }
}
