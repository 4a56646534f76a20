using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;

namespace Nonet.Tests.Models.Encoders;

/// <summary>The output layers of tasks, and checkpoints opened for a new one.</summary>
public sealed class BertTaskTests : IDisposable
{
    static readonly BertConfig bert = new() { Vocab = 23, Context = 40, Layers = 1, Width = 8, Heads = 2, Hidden = 11, Labels = ["a", "b", "c"] };
    static readonly RobertaConfig roberta = new() { Vocab = 23, Context = 40, Layers = 1, Width = 8, Heads = 2, Hidden = 11, Labels = ["a", "b", "c"] };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static BertConfig Config(string family, ModelHead head) => family == "roberta" ? roberta with { Head = head } : bert with { Head = head };

    [Theory]
    [InlineData("bert", ModelHead.PreTraining, 2, 2)]
    [InlineData("bert", ModelHead.NextSentence, 2, 2)]
    [InlineData("bert", ModelHead.SequenceClassification, 2, 3)]
    [InlineData("bert", ModelHead.TokenClassification, 8, 3)]
    [InlineData("bert", ModelHead.QuestionAnswering, 8, 2)]
    [InlineData("bert", ModelHead.MultipleChoice, 2, 1)]
    [InlineData("roberta", ModelHead.SequenceClassification, 2, 3)]
    [InlineData("roberta", ModelHead.TokenClassification, 8, 3)]
    [InlineData("roberta", ModelHead.QuestionAnswering, 8, 2)]
    [InlineData("roberta", ModelHead.MultipleChoice, 2, 1)]
    public void Logits_have_the_tasks_shape_and_reach_every_weight(string family, ModelHead head, int rows, int columns)
    {
        var model = (Bert)TinyModels.Filled(Config(family, head).Create(new ParameterStore(TinyModels.Cpu).Root));
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = Batch.Of(TinyModels.Cpu, TinyModels.Ids(5), TinyModels.Ids(3, site: 1)).With(new RandomKey(1, 2, 0));
        var logits = model.Task(model.Forward(batch), batch);
        Assert.Equal(new Shape(rows, columns), logits.Shape);
        tape.Backward(Ops.Sum(Ops.Mul(logits, logits)));
        Assert.All(model.Parameters.Parameters.Where(p =>
            !p.Path.StartsWith("masked", StringComparison.Ordinal) && !p.Path.EndsWith("key/bias", StringComparison.Ordinal)), p =>
            Assert.Contains(p.Value.Gradient!.ToDoubles(), g => g != 0));
    }

    [Theory]
    [InlineData(ModelHead.Pooler)]
    [InlineData(ModelHead.Masked)]
    public void A_checkpoint_without_a_task_says_so(ModelHead head)
    {
        var model = (Bert)TinyModels.Filled(Config("bert", head).Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
        using var scope = new TensorScope();
        var batch = Batch.Of(TinyModels.Cpu, TinyModels.Ids(5));
        var message = Assert.Throws<NotSupportedException>(() => model.Task(model.Forward(batch), batch)).Message;
        Assert.Contains($"its kind is {head}", message, StringComparison.Ordinal);
        Assert.Contains("SequenceClassification", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_output_layer_drops_what_the_config_says_and_only_while_training()
    {
        var (none, half) = (Logits(0, train: true), Logits(0.5f, train: true));
        Assert.NotEqual(none, half);
        Assert.Equal(none, Logits(0.5f, train: false));
        Assert.Equal(half, Logits(null, train: true, dropout: 0.5f));

        static double[] Logits(float? classifier, bool train, float dropout = 0)
        {
            var config = Config("bert", ModelHead.TokenClassification) with { ClassifierDropout = classifier, Dropout = dropout, AttentionDropout = 0 };
            var model = (Bert)TinyModels.Filled(config.Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
            using var scope = new TensorScope();
            var batch = Batch.Of(TinyModels.Cpu, TinyModels.Ids(5));
            var hidden = model.Forward(batch);
            return model.Task(hidden, train ? batch.With(new RandomKey(1, 2, 0)) : batch).ToDoubles();
        }
    }

    [Fact]
    public void Few_rows_of_hidden_states_give_the_masked_tokens_of_those_rows()
    {
        var model = (Bert)TinyModels.Filled(Config("bert", ModelHead.Masked).Create(new ParameterStore(TinyModels.Cpu).Root), train: false);
        using var scope = new TensorScope();
        var hidden = model.Forward(Batch.Of(TinyModels.Cpu, TinyModels.Ids(5)));
        var all = model.Output(hidden).ToDoubles();
        Assert.Equal([.. all[23..46], .. all[92..]], model.Output(Ops.Embedding(hidden, TinyModels.Cpu.From([1, 4]))).ToDoubles());
    }

    [Theory] // every kind that pre-training leaves behind, opened for every task
    [InlineData("bert", ModelHead.PreTraining)]
    [InlineData("bert", ModelHead.Masked)]
    [InlineData("bert", ModelHead.Pooler)]
    [InlineData("bert", ModelHead.SequenceClassification)]
    [InlineData("roberta", ModelHead.Masked)]
    [InlineData("roberta", ModelHead.Pooler)]
    public void A_checkpoint_is_opened_for_a_new_head(string family, ModelHead stored)
    {
        var config = Config(family, stored);
        using var written = new ParameterStore(TinyModels.Cpu);
        TinyModels.Filled(config.Create(written.Root));
        HuggingFaceFolder.Save(folder.Path, config, written);
        var opened = HuggingFaceFolder.Open(folder.Path);
        var kept = written.Parameters.ToDictionary(p => p.Path, p => p.Value.ToDoubles());
        foreach (var head in Enum.GetValues<ModelHead>().Where(h => h >= 0)
            .Where(h => family == "bert" || h is not (ModelHead.PreTraining or ModelHead.NextSentence)))
        {
            var (store, drawn) = (new ParameterStore(TinyModels.Cpu), new ParameterStore(TinyModels.Cpu));
            var wanted = (BertConfig)opened.Config with { Head = head, Labels = ["x", "y", "z"] }; // as many as before: still not the old ones
            wanted.Create(store.Root);
            wanted.Create(drawn.Root);
            store.FillForTraining(7, opened.WeightsForNew(wanted));
            drawn.FillForTraining(7);
            foreach (var (p, fresh) in store.Parameters.Zip(drawn.Parameters))
            {
                var anew = p.Path.StartsWith("classifier", StringComparison.Ordinal) || !kept.ContainsKey(p.Path);
                Assert.Equal(anew ? fresh.Value.ToDoubles() : kept[p.Path], p.Value.ToDoubles());
                Assert.True(!anew || !p.Path.StartsWith("blocks", StringComparison.Ordinal));
            }
            store.Dispose();
            drawn.Dispose();
        }
    }

    [Fact]
    public void A_missing_weight_of_the_trunk_is_an_error_for_a_new_head_too()
    {
        using var written = new ParameterStore(TinyModels.Cpu);
        var shallow = bert with { Head = ModelHead.Masked };
        TinyModels.Filled(shallow.Create(written.Root));
        HuggingFaceFolder.Save(folder.Path, shallow, written);
        var deeper = shallow with { Layers = 2, Head = ModelHead.SequenceClassification };
        using var store = new ParameterStore(TinyModels.Cpu);
        deeper.Create(store.Root);
        Assert.Contains("encoder.layer.1.",
            Assert.Throws<MalformedFileException>(() => store.FillForTraining(1, HuggingFaceFolder.Open(folder.Path).WeightsForNew(deeper))).Message,
            StringComparison.Ordinal);
        Assert.Contains("found a bert; expected a roberta",
            Assert.Throws<ArgumentException>(() => HuggingFaceFolder.Open(folder.Path).WeightsForNew(roberta)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bert_starts_within_two_deviations_and_labels_are_equal_by_name()
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        bert.Create(store.Root);
        store.FillForTraining(1);
        var values = store.Parameters.Single(p => p.Path == "tokens/weight").Value.ToDoubles();
        Assert.All(values, v => Assert.InRange(v, -0.04, 0.04));
        Assert.InRange(Math.Sqrt(values.Average(v => v * v)), 0.015, 0.02);
        Assert.Equal(bert, bert with { Labels = ["a", "b", "c"] });
        Assert.NotEqual(bert, bert with { Labels = ["a", "b", "d"] });
        Assert.Contains("Labels is empty", Assert.Throws<ConfigException>((bert with { Head = ModelHead.TokenClassification, Labels = [] }).Check).Message,
            StringComparison.Ordinal);
        Assert.Contains("'a' 2 times",
            Assert.Throws<ConfigException>((bert with { Head = ModelHead.SequenceClassification, Labels = ["a", "a"] }).Check).Message,
            StringComparison.Ordinal);
        Assert.Contains("next sentence prediction", Assert.Throws<ConfigException>((roberta with { Head = ModelHead.NextSentence }).Check).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"id2label\":{\"0\":\"no\",\"1\":\"yes\"}", "no, yes", LabelProblem.SingleLabel)]
    [InlineData("\"num_labels\":3", "LABEL_0, LABEL_1, LABEL_2", LabelProblem.SingleLabel)]
    [InlineData("\"num_labels\":1", "LABEL_0", LabelProblem.Regression)]
    [InlineData("\"id2label\":{\"1\":\"b\",\"0\":\"a\"},\"problem_type\":\"multi_label_classification\"", "a, b", LabelProblem.MultiLabel)]
    public void Labels_are_read_as_transformers_writes_them(string fields, string labels, LabelProblem problem)
    {
        var config = (BertConfig)HuggingFaceFolder.ReadConfig(Write(fields));
        Assert.Equal((labels, problem), (string.Join(", ", config.Labels), config.Problem));
    }

    [Theory]
    [InlineData("\"id2label\":{\"0\":\"no\",\"2\":\"yes\"}", "'2' is none of them")]
    [InlineData("\"id2label\":{\"0\":\"no\",\"00\":\"yes\"}", "'00' is none of them")]
    [InlineData("\"id2label\":{}", "at least one label")]
    [InlineData("\"id2label\":{\"0\":7}", "'id2label.0': 7")]
    [InlineData("\"num_labels\":2000000000", "at most 1048576")]
    [InlineData("\"problem_type\":\"ranking\"", "'problem_type': \"ranking\"")]
    [InlineData("\"id2label\":{\"0\":\"a\",\"1\":\"a\"}", "names that differ")]
    public void Labels_that_make_no_sense_are_named(string fields, string message) =>
        Assert.Contains(message, Assert.Throws<MalformedFileException>(() => HuggingFaceFolder.ReadConfig(Write(fields))).Message, StringComparison.Ordinal);

    string Write(string fields)
    {
        folder.Add("config.json",
            """{"architectures":["BertForSequenceClassification"],"model_type":"bert","vocab_size":9,"hidden_size":8,"num_attention_heads":2,"num_hidden_layers":1,"intermediate_size":8,"max_position_embeddings":8,""" + fields + "}");
        return folder["config.json"];
    }
}
