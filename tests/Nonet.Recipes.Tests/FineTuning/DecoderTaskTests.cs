using Nonet.Checkpoints;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Recipes.FineTuning;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests.FineTuning;

/// <summary>The tasks on decoders: labels, numbers and choices by the last token's state, tags and answers by each token's.</summary>
public sealed class DecoderTaskTests : IDisposable
{
    readonly TinyBert tiny = new();

    public DecoderTaskTests()
    {
        tiny.Save("llama", new LlamaConfig { Vocab = 80, Context = 48, Layers = 2, Width = 24, Heads = 2, KvHeads = 1, HeadWidth = 12, Hidden = 48 });
        tiny.Save("gpt", new GptConfig { Vocab = 80, Context = 48, Layers = 2, Width = 24, Heads = 2, Dropout = 0 });
    }

    public void Dispose() => tiny.Dispose();

    FineTuneRecipe Recipe(string task, string model, params string[] overrides) => tiny.Recipe(task, task switch
    {
        "classify" => tiny.Labelled(),
        "regress" => tiny.Numbered(),
        "tag" => tiny.Tagged(),
        "answer" => tiny.Passages(),
        _ => tiny.Choices(),
    }, [$"from={tiny.Folder[model]}", "training.epochs=20", .. overrides]);

    [Theory]
    [InlineData("classify", "llama", "accuracy", 0.95, "LlamaForSequenceClassification")]
    [InlineData("classify", "gpt", "accuracy", 0.95, "GPT2ForSequenceClassification")]
    [InlineData("regress", "llama", "pearson", 0.9, "LlamaForSequenceClassification")]
    [InlineData("tag", "gpt", "entity_f1", 0.95, "GPT2ForTokenClassification")]
    [InlineData("answer", "llama", "exact_match", 85, "LlamaForQuestionAnswering")]
    [InlineData("choose", "gpt", "accuracy", 0.9, "GPT2ForMultipleChoice")]
    public void A_decoder_learns_the_task_and_is_saved_as_its_class(string task, string model, string score, double least, string architecture)
    {
        using var watching = tiny.Train(Recipe(task, model));
        Assert.InRange(watching.Score(score), least, 100);
        using var open = new LoadedModel(tiny.Folder["run"], new CpuDevice(1));
        Assert.Equal(architecture, HuggingFaceFolder.ToJson(open.Config)["architectures"]![0]!.GetValue<string>());
        Assert.DoesNotContain(open.Model.Parameters.Parameters, p => p.Path.StartsWith("output", StringComparison.Ordinal));
    }

    [Fact]
    public void The_saved_folder_classifies()
    {
        using var watching = tiny.Train(Recipe("classify", "llama"));
        using var open = new LoadedModel(tiny.Folder["run"], new CpuDevice(1));
        var classifier = new TextClassifier(open.Task, open.LoadTokenizer());
        Assert.Equal("yes", classifier.Classify("the whale saw the old ship").Labels[0].Label);
        Assert.Equal("no", classifier.Classify("the captain saw the old ship").Labels[0].Label);
        Assert.Contains("no output layer", Assert.Throws<NotSupportedException>(() => new LoadedModel(tiny.Folder["llama"], new CpuDevice(1)).Task).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_trunk_is_the_checkpoints_and_its_output_layer_is_left_out()
    {
        var result = Texts.Train(Recipe("classify", "llama", "training.epochs=0.1", "training.learning_rate=1e-30", "training.adamw.weight_decay=0"),
            tiny.Folder["still"]);
        var (before, after) = (RunFiles.Weights(tiny.Folder["llama"]), RunFiles.Weights(result.Checkpoint));
        Assert.Equal(before.Keys.Where(name => name != "lm_head.weight").Append("score.weight").Order(), after.Keys.Order());
        Assert.All(before.Where(w => w.Key != "lm_head.weight"), w => Assert.Equal(w.Value, after[w.Key]));
    }

    [Fact]
    public void A_run_trained_again_on_the_same_labels_keeps_its_head()
    {
        Texts.Train(Recipe("classify", "gpt", "training.epochs=1"), tiny.Folder["first"]);
        using var watching = tiny.Train(Recipe("classify", "gpt", $"from={tiny.Folder["first"]}", "training.epochs=0.1"));
        Assert.Equal("kept from the checkpoint, with its labels: no, yes", Assert.Single(watching.Of("head")));
    }

    [Theory]
    [InlineData("classify"), InlineData("answer")]
    public void An_adapter_learns_with_its_head_and_is_opened(string task)
    {
        using var watching = tiny.Train(
            Recipe(task, "llama", "training.lora={rank: 4, alpha: 8, projections: [query, value, up, down]}", "training.learning_rate=0.03"));
        Assert.InRange(watching.Score(task == "classify" ? "accuracy" : "exact_match"), 0.7, 100);
        using var open = new LoadedModel(tiny.Folder["run"], new CpuDevice(1));
        Assert.NotNull(open.Adapter);
        Assert.Equal(task == "classify" ? ModelHead.SequenceClassification : ModelHead.QuestionAnswering, open.Task.Head);
    }

    [Fact]
    public void A_stopped_run_goes_on_to_the_same_bytes() =>
        RunFiles.ResumesToTheSameBytes(Recipe("classify", "llama", "training.epochs=2", "training.accumulate=2", "training.batch=4"), tiny.Folder, 7);

    [Fact]
    public void An_encoder_decoder_is_named()
    {
        tiny.Save("marian",
            new Nonet.Models.EncoderDecoders.TransformerConfig
            {
                Vocab = 80,
                Context = 16,
                EncoderLayers = 1,
                DecoderLayers = 1,
                Width = 16,
                EncoderHeads = 2,
                DecoderHeads = 2,
                EncoderHidden = 32,
                DecoderHidden = 32
            });
        Assert.Contains("found a marian", Assert.Throws<NotSupportedException>(() => tiny.Train(Recipe("classify", "marian"))).Message,
            StringComparison.Ordinal);
    }
}
