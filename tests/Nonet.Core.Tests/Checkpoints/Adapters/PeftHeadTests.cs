using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Tests.Models;

namespace Nonet.Tests.Checkpoints.Adapters;

/// <summary>Adapters of encoders and encoder-decoders, with a new head that is kept whole beside them.</summary>
public sealed class PeftHeadTests : IDisposable
{
    static readonly BertConfig bert = new() { Vocab = 23, Context = 40, Layers = 2, Width = 8, Heads = 2, Hidden = 11, Head = ModelHead.Masked };
    static readonly RobertaConfig roberta = new() { Vocab = 23, Context = 40, Layers = 2, Width = 8, Heads = 2, Hidden = 11 };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Base(BertConfig config)
    {
        using var store = new ParameterStore(TinyModels.Cpu);
        TinyModels.Filled(config.Create(store.Root));
        HuggingFaceFolder.Save(folder["base"], config, store);
        return folder["base"];
    }

    static void Loud(IEnumerable<Parameter> parameters)
    {
        foreach (var p in parameters)
        {
            for (var i = 0L; i < p.Elements; i++)
                p.Value.SetValue(i, 0.3 * Philox.Normal(new RandomKey(3, 0, 0).At(p.Path), (ulong)i));
        }
    }

    static double[] Logits(Bert model)
    {
        using var scope = new TensorScope();
        var batch = Batch.Of(TinyModels.Cpu, TinyModels.Ids(9), TinyModels.Ids(4, site: 1));
        return model.Task(model.Forward(batch), batch).ToDoubles();
    }

    [Theory]
    [InlineData("bert", ModelHead.SequenceClassification, "classifier, bert.pooler.dense", "SEQ_CLS")] // the pooler is new on a checkpoint of masked tokens
    [InlineData("bert", ModelHead.TokenClassification, "classifier", "TOKEN_CLS")]
    [InlineData("bert", ModelHead.QuestionAnswering, "qa_outputs", "QUESTION_ANS")]
    [InlineData("bert", ModelHead.MultipleChoice, "classifier, bert.pooler.dense", "FEATURE_EXTRACTION")]
    [InlineData("roberta", ModelHead.SequenceClassification, "classifier.dense, classifier.out_proj", "SEQ_CLS")]
    public void A_head_is_trained_saved_and_opened_on_the_checkpoint_it_stands_on(string family, ModelHead head, string modules, string task)
    {
        var path = Base(family == "bert" ? bert : roberta);
        var opened = HuggingFaceFolder.Open(path);
        var config = (BertConfig)opened.Config with { Head = head, Labels = ["no", "yes", "odd"] };
        using var store = new ParameterStore(TinyModels.Cpu);
        var model = (Bert)config.Create(store.Root);
        using var adapter = PeftAdapter.Attach(model, rank: 2, alpha: 6, whole: p =>
            p.Path.StartsWith("classifier", StringComparison.Ordinal) || p.Path.StartsWith("pooler", StringComparison.Ordinal));
        store.FillForTraining(5, opened.WeightsForNew(config));
        Assert.Equal(4, adapter.Layers.Count()); // query and value of two blocks
        Assert.All(store.Parameters, p => Assert.Equal(adapter.Whole.Contains(p) || adapter.Owns(p), p.Value.RequiresGrad));
        Loud(store.Trainable);
        var wanted = Logits(model);
        adapter.Save(folder["adapter"], config, path);
        var json = File.ReadAllText(folder["adapter/adapter_config.json"]);
        Assert.Contains($"\"task_type\": \"{task}\"", json, StringComparison.Ordinal);
        Assert.Equal(modules,
            string.Join(", ",
            System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("modules_to_save").EnumerateArray().Select(e => e.GetString())));

        using var found = new LoadedModel(path, new CpuDevice(2), folder["adapter"]);
        Assert.Equal(config, ((BertConfig)found.Config) with { Labels = config.Labels });
        TinyModels.Close(wanted, Logits(found.Encoder), 1e-5, "opened");
        found.Adapter!.Merge();
        TinyModels.Close(wanted, Logits(found.Encoder), 1e-5, "merged");
        HuggingFaceFolder.Save(folder["whole"], found.Config, found.Model.Parameters);
        using (var whole = new LoadedModel(folder["whole"], new CpuDevice(2)))
            TinyModels.Close(wanted, Logits(whole.Encoder), 1e-5, "merged and written");
        found.Adapter.Unmerge();
        TinyModels.Close(wanted, Logits(found.Encoder), 1e-5, "taken out");
    }

    [Fact]
    public void Without_a_config_beside_it_the_head_is_that_of_the_task_and_labels_are_counted()
    {
        var path = Base(bert);
        var opened = HuggingFaceFolder.Open(path);
        var config = (BertConfig)opened.Config with { Head = ModelHead.TokenClassification, Labels = ["a", "b", "c"] };
        using var store = new ParameterStore(TinyModels.Cpu);
        var model = (Bert)config.Create(store.Root);
        using (var adapter = PeftAdapter.Attach(model, 2, 6, ["query", "up"], p => p.Path.StartsWith("classifier", StringComparison.Ordinal)))
        {
            store.FillForTraining(5, opened.WeightsForNew(config));
            Assert.Equal(["blocks/0/attention/query/weight", "blocks/0/feed_forward/up/weight"],
                adapter.Layers.Select(l => l.Weight.Path).Where(p => p.StartsWith("blocks/0", StringComparison.Ordinal)));
            adapter.Save(folder["adapter"], config);
        }
        File.Delete(folder["adapter/config.json"]);
        var json = File.ReadAllText(folder["adapter/adapter_config.json"]);
        // PEFT names it for every SEQ_CLS
        File.WriteAllText(folder["adapter/adapter_config.json"],
            json.Replace("\"modules_to_save\": [", "\"modules_to_save\": [\"score\", ", StringComparison.Ordinal));
        using var found = new LoadedModel(path, new CpuDevice(2), folder["adapter"]);
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], ((BertConfig)found.Config).Labels);
        TinyModels.Close(Logits(model), Logits(found.Encoder), 1e-6, "opened");
        File.WriteAllText(folder["adapter/adapter_config.json"], json.Replace("\"classifier\"", "\"score\"", StringComparison.Ordinal));
        Assert.Contains("parameter classifier/", Assert.ThrowsAny<Exception>(() => new LoadedModel(path, new CpuDevice(2), folder["adapter"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_encoder_decoder_takes_adapters_on_chosen_projections()
    {
        var config = new T5Config { Vocab = 23, EncoderLayers = 1, DecoderLayers = 1, Width = 20, Heads = 2, HeadWidth = 6, Hidden = 33, Dropout = 0 };
        using var store = new ParameterStore(TinyModels.Cpu);
        var model = (IEncoderDecoder)TinyModels.Filled(config.Create(store.Root), train: false);
        double[] changed;
        using (var adapter = PeftAdapter.Attach(model, 2, 4))
        {
            Assert.Equal(6, adapter.Layers.Count()); // query and value: the encoder's own, the decoder's own and over the encoder
            Loud(adapter.Parameters.Parameters);
            changed = Logits();
            adapter.Save(folder["t5"], config);
        }
        using var opened = PeftAdapter.Load(folder["t5"], model, config);
        TinyModels.Close(changed, Logits(), 1e-5, "opened");
        opened.Merge();
        TinyModels.Close(changed, Logits(), 1e-5, "merged");
        Assert.Contains("'router'", Assert.Throws<ArgumentException>(() => PeftAdapter.Attach(model, 2, 4, ["router"])).Message, StringComparison.Ordinal);

        double[] Logits()
        {
            using var scope = new TensorScope();
            return model.Output(model.Decode(Batch.Of(TinyModels.Cpu, [[0, 5, 7]]), model.Encode(Batch.Of(TinyModels.Cpu, TinyModels.Ids(6))))).ToDoubles();
        }
    }
}
