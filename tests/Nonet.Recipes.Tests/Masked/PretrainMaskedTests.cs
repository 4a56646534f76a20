using Nonet.Checkpoints;
using Nonet.Data.Masked;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Models.Losses;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;

namespace Nonet.Recipes.Tests.Masked;

public sealed class PretrainMaskedTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public PretrainMaskedTests() => MaskedTexts.Write(folder["texts"]);

    public void Dispose() => folder.Dispose();

    IRecipe Tiny(params string[] overrides) => TrainingRecipe.Read("tiny.yaml", $"""
        task: masked
        model: {"{kind: bert, layers: 1, width: 16, heads: 2, hidden: 32, context: 32}"}
        data: {"{path: " + folder["texts"] + ", validation: 0.25, documents: file}"}
        sentences: {"{cut: lines}"}
        tokenizer: {"{model: wordpiece, vocab: 60}"}
        training: {"{steps: 40, batch: 4, warmup: 4, learning_rate: 1e-2, save_every: 10, evaluate_every: 20}"}
        run: {"{report_every: 1}"}
        """, overrides);

    [Fact]
    public void The_loss_falls_and_pairs_are_measured()
    {
        using var watching = new Watching();
        var result = Texts.Train(Tiny(), folder["run"], progress: watching);
        Assert.InRange(result.HeldOut!.Loss, 0, 0.8 * watching.Events.OfType<StepDone>().First().Loss);
        Assert.InRange(watching.Score("next_sentence_accuracy"), 0, 1);
        Assert.InRange(watching.Score("next_sentence_nats"), 0.01, 2);
        Assert.Contains("nats per predicted held-out token", Assert.Single(watching.Of("unigram")), StringComparison.Ordinal);
        Assert.NotEmpty(watching.Of("sequences"));
        using var open = new LoadedModel(folder["run"], new CpuDevice(1));
        Assert.Equal(ModelHead.PreTraining, open.Encoder.Config.Head);
        Assert.True(open.HasTokenizer);
    }

    [Fact]
    public void A_stopped_run_goes_on_to_the_same_bytes_on_other_threads() =>
        RunFiles.ResumesToTheSameBytes(Tiny("training.steps=20", "training.accumulate=2", "training.short_length=16", "training.short_share=0.5"), folder, 7);

    [Fact]
    public void A_roberta_trains_on_full_sentences()
    {
        using var watching = new Watching();
        Texts.Train(Tiny("model.kind=roberta", "model.padding=0", "training.sequences.packing=full_sentences"), folder["run"], progress: watching);
        Assert.InRange(watching.LastLoss, 0, 0.9 * watching.FirstLoss);
        Assert.Empty(watching.Events.OfType<Evaluated>().Last().Scores);
        using var open = new LoadedModel(folder["run"], new CpuDevice(1));
        Assert.Equal("roberta", open.Config.Family);
    }

    [Theory, InlineData("true"), InlineData("false")]
    public void The_left_to_right_twin_trains(string nextToken)
    {
        using var watching = new Watching();
        Texts.Train(Tiny("model.causal=true", $"training.next_token={nextToken}", "model.head=masked", "training.sequences.packing=full_sentences"),
            folder["run"], progress: watching);
        Assert.InRange(watching.LastLoss, 0, 0.9 * watching.FirstLoss);
        using var open = new LoadedModel(folder["run"], new CpuDevice(1));
        Assert.True(open.Encoder.Config.Causal);
    }

    [Fact]
    public void A_model_that_sees_both_sides_does_not_read_what_it_is_to_predict() =>
        Assert.Contains("set model.causal: true", Assert.Throws<RecipeException>(() => Tiny("training.next_token=true")).Message, StringComparison.Ordinal);

    [Fact] // "2 10 11 4 13 14 3", the token at 3 to be predicted, which is 12
    public void The_left_to_right_twin_predicts_from_what_is_left_alone()
    {
        using var device = new CpuDevice(1);
        Bert Build(bool causal)
        {
            var model = new Bert(
                new BertConfig { Vocab = 23, Context = 16, Layers = 2, Width = 16, Heads = 2, Hidden = 20, Head = ModelHead.Masked, Causal = causal },
                new ParameterStore(device).Root);
            model.Parameters.FillForTraining(1);
            return model;
        }
        var (causal, both) = (Build(causal: true), Build(causal: false));
        int[] ids = [2, 10, 11, 4, 13, 14, 3];
        var loss = Loss(causal, ids);
        Assert.Equal(loss, Loss(causal, [2, 10, 11, 12, 13, 14, 3])); // what stands in the place does not matter: the text is read unmasked
        Assert.Equal(loss, Loss(causal, [2, 10, 11, 4, 9, 8, 3]));
        Assert.NotEqual(loss, Loss(causal, [2, 10, 9, 4, 13, 14, 3]));
        Assert.NotEqual(Loss(both, ids), Loss(both, [2, 10, 11, 4, 9, 14, 3]));
        Assert.NotEqual(Loss(both, ids), Loss(both, [2, 10, 11, 12, 13, 14, 3]));

        double Loss(Bert model, int[] sequence)
        {
            using var scope = new TensorScope();
            return model.Losses(new MaskedBatch
            {
                Ids = sequence,
                Positions = [.. Enumerable.Range(0, 7)],
                Segments = new int[7],
                Starts = [0, 7],
                MaskedRows = [3],
                MaskedTargets = [12],
                NextLabels = null,
            }, nextToken: model.Config.Causal).Masked.Item();
        }
    }

    [Fact]
    public void A_run_goes_on_from_a_checkpoint_with_its_heads()
    {
        var first = Texts.Train(Tiny("training.steps=10"), folder["first"]);
        var second = Texts.Train(
            Tiny("training.steps=1", $"from={folder["first"]}", "training.learning_rate=1e-30", "training.warmup=0", "training.adamw.weight_decay=0"),
            folder["second"]);
        var (before, after) = (RunFiles.Weights(first.Checkpoint), RunFiles.Weights(second.Checkpoint));
        Assert.Contains("cls.predictions.transform.dense.weight", before.Keys);
        Assert.Contains("cls.seq_relationship.weight", before.Keys);
        foreach (var (name, values) in before)
            Assert.Equal(values, after[name]);
        Assert.Equal(File.ReadAllText(Path.Combine(first.Checkpoint, "tokenizer.json")), File.ReadAllText(Path.Combine(second.Checkpoint, "tokenizer.json")));
    }

    [Fact]
    public void Pairs_for_a_model_of_one_segment_are_refused() =>
        Assert.Contains("packing is pairs, but the model has only one segment: set packing: full_sentences",
        Assert.Throws<RecipeException>(() => Tiny("model.kind=roberta")).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_are_refused() => Assert.Contains("tokenizer is bytes, which has no mask token", Assert.ThrowsAny<ArgumentException>(() =>
        Texts.Train(Tiny("tokenizer=bytes"), folder["run"])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_decoder_is_refused() =>
        Assert.Contains("the model is a llama without a head for masked tokens; expected bert or roberta", Assert.Throws<RecipeException>(() =>
        Tiny("model={kind: llama, layers: 1, width: 16, heads: 2, context: 16}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Written_out_a_recipe_reads_back_as_the_same()
    {
        var recipe = Tiny("training.sequences.masking.whole_words=true", "training.short_length=16", "model.causal=true");
        Assert.Equal(recipe.ToYaml(), TrainingRecipe.Read("tiny.yaml", recipe.ToYaml(), []).ToYaml());
    }
}
