using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests.FineTuning;

public sealed class FineTuneTests : IDisposable
{
    readonly TinyBert bert = new();

    public void Dispose() => bert.Dispose();

    [Fact]
    public void Labels_are_learned()
    {
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled()));
        Assert.Equal(1, watching.Score("accuracy"));
        Assert.Equal(1, watching.Score("f1"));
        Assert.Equal(1, watching.Score("matthews"), 1e-9);
        Assert.Contains("labels no, yes", Assert.Single(watching.Of("examples")), StringComparison.Ordinal);
        using var open = new LoadedModel(bert.Folder["run"], new CpuDevice(1));
        Assert.Equal((ModelHead.SequenceClassification, LabelProblem.SingleLabel), (open.Encoder.Config.Head, open.Encoder.Config.Problem));
        Assert.Equal(["no", "yes"], open.Encoder.Config.Labels);
    }

    [Fact]
    public void Numbers_are_learned()
    {
        using var watching = bert.Train(bert.Recipe("regress", bert.Numbered()));
        Assert.InRange(watching.Score("pearson"), 0.9, 1);
        Assert.InRange(watching.Score("spearman"), 0.8, 1);
        Assert.InRange(watching.Score("mean_squared_error"), 0, 0.4); // the variance is 1.25
        using var open = new LoadedModel(bert.Folder["run"], new CpuDevice(1));
        Assert.Equal(LabelProblem.Regression, open.Encoder.Config.Problem);
    }

    [Fact]
    public void Tags_are_learned()
    {
        using var watching = bert.Train(bert.Recipe("tag", bert.Tagged()));
        Assert.Equal(1, watching.Score("entity_f1"));
        Assert.Equal(1, watching.Score("precision"));
        Assert.Equal(1, watching.Score("recall"));
        Assert.Equal(1, watching.Score("accuracy"));
    }

    [Fact]
    public void Answers_are_learned()
    {
        using var watching = bert.Train(bert.Recipe("answer", bert.Passages()));
        Assert.InRange(watching.Score("exact_match"), 90, 100);
        Assert.InRange(watching.Score("f1"), 90, 100);
        Assert.DoesNotContain(watching.Events.OfType<Evaluated>().Last().Scores, s => s.Name == "best_f1");
    }

    [Fact]
    public void That_there_is_no_answer_is_learned()
    {
        using var watching = bert.Train(bert.Recipe("answer", bert.Passages(unanswered: 3)));
        Assert.InRange(watching.Score("f1"), 80, 100);
        Assert.InRange(watching.Score("answerable_f1"), 80, 100);
        Assert.InRange(watching.Score("unanswerable_exact"), 60, 100);
        Assert.InRange(watching.Score("best_f1"), watching.Score("f1"), 100);
        Assert.True(double.IsFinite(watching.Score("best_f1_threshold")));
    }

    [Fact]
    public void Choices_are_learned()
    {
        using var watching = bert.Train(bert.Recipe("choose", bert.Choices()));
        Assert.InRange(watching.Score("accuracy"), 0.9, 1);
    }

    [Fact]
    public void Given_validation_is_measured_and_everything_else_trained_on()
    {
        using var watching = bert.Train(
            bert.Recipe("classify", bert.Labelled(), $"data.validation.path={bert.Folder[bert.Labelled("other.tsv", 10)]}", "training.epochs=1"));
        Assert.StartsWith("96 to train on, 10 held out", Assert.Single(watching.Of("examples")), StringComparison.Ordinal);
        Assert.Equal(12, watching.Events.OfType<StepDone>().Last().Steps);
    }

    [Fact]
    public void A_share_is_held_out_by_the_text_itself()
    {
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled(), "training.epochs=1"));
        var (first, second) =
            (Outline(watching), Outline(bert.Train(bert.Recipe("classify", bert.Labelled("twice.tsv"), "data.seed=2", "training.epochs=1"), "other")));
        Assert.InRange(int.Parse(first.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 60, 92);
        Assert.NotEqual(first, second);
        static string Outline(Watching watching) => watching.Of("examples").Single();
    }

    [Theory]
    [InlineData("classify"), InlineData("answer")]
    public void A_stopped_run_goes_on_to_the_same_bytes_on_other_threads(string task) =>
        RunFiles.ResumesToTheSameBytes(
            bert.Recipe(task, task == "classify" ? bert.Labelled() : bert.Passages(3), "training.epochs=2", "training.accumulate=2", "training.batch=4"),
            bert.Folder, 7);

    [Fact]
    public void Drawn_weights_are_others_than_those_of_the_checkpoint()
    {
        string[] still = ["training.epochs=0.1", "training.learning_rate=1e-30", "training.adamw.weight_decay=0", "training.warmup_share=0"];
        var file = bert.Labelled();
        var tuned = Texts.Train(bert.Recipe("classify", file, still), bert.Folder["tuned"]);
        var drawn = Texts.Train(bert.Recipe("classify", file, [.. still, "scratch=true"]), bert.Folder["drawn"]);
        const string Query = "bert.encoder.layer.0.attention.self.query.weight";
        var start = RunFiles.Weights(bert.Folder["base"])[Query];
        Assert.Equal(start, RunFiles.Weights(tuned.Checkpoint)[Query]);
        Assert.NotEqual(start, RunFiles.Weights(drawn.Checkpoint)[Query]);
    }

    static readonly string[] unchanged = ["training.epochs=0.1", "training.learning_rate=1e-30", "training.adamw.weight_decay=0"];

    [Fact]
    public void A_checkpoint_of_the_same_labels_keeps_its_head_and_their_order()
    {
        bert.Save("tuned", TinyBert.Config with { Head = ModelHead.SequenceClassification, Labels = ["yes", "no"] });
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled(), [$"from={bert.Folder["tuned"]}", .. unchanged]));
        Assert.Equal("kept from the checkpoint, with its labels: yes, no", Assert.Single(watching.Of("head")));
        var trained = Path.Combine(bert.Folder["run"], "checkpoints", "step-1");
        Assert.Equal(["yes", "no"], ((BertConfig)HuggingFaceFolder.Open(trained).Config).Labels);
        Assert.Equal(RunFiles.Weights(bert.Folder["tuned"])["classifier.weight"], RunFiles.Weights(trained)["classifier.weight"]);
    }

    [Fact]
    public void A_head_of_other_labels_is_drawn_anew_and_that_is_said()
    {
        bert.Save("tuned", TinyBert.Config with { Head = ModelHead.SequenceClassification, Labels = ["maybe", "no"] });
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled(), [$"from={bert.Folder["tuned"]}", .. unchanged]));
        Assert.Equal("initialised randomly, because the checkpoint's labels differ: maybe, no there, no, yes in the data", Assert.Single(watching.Of("head")));
        var trained = Path.Combine(bert.Folder["run"], "checkpoints", "step-1");
        Assert.NotEqual(RunFiles.Weights(bert.Folder["tuned"])["classifier.weight"], RunFiles.Weights(trained)["classifier.weight"]);
    }

    [Fact]
    public void A_tagger_keeps_its_head_in_its_order()
    {
        bert.Save("tuned", TinyBert.Config with { Head = ModelHead.TokenClassification, Labels = ["B-COLOR", "O"] });
        using var watching = bert.Train(bert.Recipe("tag", bert.Tagged(), [$"from={bert.Folder["tuned"]}", .. unchanged]));
        var trained = Path.Combine(bert.Folder["run"], "checkpoints", "step-1");
        Assert.Equal(["B-COLOR", "O"], ((BertConfig)HuggingFaceFolder.Open(trained).Config).Labels);
        Assert.Equal(RunFiles.Weights(bert.Folder["tuned"])["classifier.weight"], RunFiles.Weights(trained)["classifier.weight"]);
    }

    [Fact]
    public void A_label_that_is_only_in_the_validation_is_named()
    {
        File.WriteAllLines(bert.Folder["other.tsv"], ["sentence\tlabel", "the sea\tyes", "the ship\tmaybe"]);
        var error = Assert.Throws<MalformedFileException>(() =>
            bert.Train(bert.Recipe("classify", bert.Labelled(), $"data.validation.path={bert.Folder["other.tsv"]}"))).Message;
        Assert.Contains("label 'maybe' on line 3", error, StringComparison.Ordinal);
        Assert.Contains("one of no, yes", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_is_not_in_its_passage_is_named_or_passed_over()
    {
        var file = bert.Passages();
        File.AppendAllText(bert.Folder[file],
            "{\"id\": \"wrong one\", \"context\": \"the old sea\", \"question\": \"what color\", \"answers\": {\"text\": [\"red\"], \"answer_start\": [4]}}\n");
        Assert.Contains("answer 'red' of question wrong one", Assert.Throws<MalformedFileException>(() => bert.Train(bert.Recipe("answer", file))).Message,
            StringComparison.Ordinal);
        using var watching = bert.Train(bert.Recipe("answer", file, "data.train.skip_mismatched=true", "training.epochs=1"));
        Assert.StartsWith("1 question skipped", Assert.Single(watching.Of("warning")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_roberta_is_tuned()
    {
        bert.Save("roberta",
            new RobertaConfig { Vocab = 80, Context = 48, Layers = 1, Width = 24, Heads = 2, Hidden = 48, Padding = 0, Dropout = 0, AttentionDropout = 0 });
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled(), $"from={bert.Folder["roberta"]}"));
        Assert.InRange(watching.Score("accuracy"), 0.9, 1);
    }

    [Fact]
    public void Inputs_that_are_cut_are_counted()
    {
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled(), "training.length=6", "training.epochs=1"));
        Assert.Equal("96 examples with more than 6 tokens", Assert.Single(watching.Of("truncated"))); // five words and two marks
    }

    [Theory]
    [InlineData("classify", "data.train.path=nothing.tsv", "data.train.path: found 'nothing.tsv'; expected a file that exists")]
    [InlineData("classify", "training.epochs=0", "training.epochs")]
    [InlineData("classify", "training.steps=3", "training.steps: found an unknown key")]
    [InlineData("classify", "training.lora.rank=0", "training.lora.rank")]
    [InlineData("classify", "training.lora.projections=[]", "lora.projections is empty")]
    public void An_option_that_makes_no_sense_is_named(string task, string set, string message) =>
        Assert.Contains(message, Assert.Throws<RecipeException>(() => bert.Recipe(task, bert.Labelled(), set)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("classify"), InlineData("regress"), InlineData("tag"), InlineData("answer"), InlineData("choose")]
    public void Written_out_a_recipe_reads_back_as_the_same(string task)
    {
        var recipe = bert.Recipe(task, bert.Labelled(), "training.lora={rank: 2, alpha: 3, projections: [query, up]}");
        var again = (FineTuneRecipe)TrainingRecipe.Read("tiny.yaml", recipe.ToYaml(), []);
        Assert.Equal(recipe.ToYaml(), again.ToYaml());
        Assert.Equal((task, 2, 3.0), (again.Task, again.Training.Lora!.Rank, again.Training.Lora.Alpha));
    }
}
