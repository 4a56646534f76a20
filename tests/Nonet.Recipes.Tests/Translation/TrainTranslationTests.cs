using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Recipes.Translation;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Text.Bpe;

namespace Nonet.Recipes.Tests.Translation;

public sealed class TrainTranslationTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainTranslationTests() => PairFiles.Write(folder.Path, 60);

    public void Dispose() => folder.Dispose();

    TranslationRecipe Tiny(params string[] overrides) => (TranslationRecipe)TrainingRecipe.Read("tiny.yaml", $"""
        task: translate
        model: {"{kind: transformer, encoder_layers: 1, decoder_layers: 1, width: 16, heads: 2, hidden: 32, context: 48}"}
        data: {"{train: {source: " + folder["source.txt"] + ", target: " + folder["target.txt"] + "}, held_out: 0.2}"}
        training: {"{steps: 24, batch_tokens: 300, warmup: 4, learning_rate: 1e-2, average: 3, save_every: 4, evaluate_every: 12}"}
        run: {"{report_every: 1}"}
        """, overrides);

    [Fact]
    public void The_loss_falls_and_the_model_of_the_run_is_the_mean_of_the_last_checkpoints()
    {
        using var watching = new Watching();
        var result = Texts.Train(Tiny(), folder["run"], progress: watching);
        Assert.InRange(watching.LastLoss, 0, 0.7 * watching.FirstLoss);
        Assert.InRange(result.HeldOut!.Loss, 0, watching.FirstLoss);
        Assert.Equal(Path.GetFullPath(folder["run/averaged"]), Path.GetFullPath(result.Averaged!));
        Assert.Equal(Path.GetFullPath(folder["run/averaged"]), Path.GetFullPath(ModelPath.Resolve(folder["run"])));
        var last = new[] { 16, 20, 24 }.Select(step => RunFiles.Weights(folder[$"run/checkpoints/step-{step}"])).ToArray();
        var averaged = RunFiles.Weights(folder["run/averaged"]);
        Assert.Equal(last[2].Keys.Order(StringComparer.Ordinal), averaged.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, values) in averaged)
        {
            for (var i = 0; i < values.Length; i++)
                Assert.Equal(last.Average(w => w[name][i]), values[i], 1e-6);
        }
        Assert.NotEqual(last[2]["model.shared.weight"], averaged["model.shared.weight"]);
        using var open = new LoadedModel(folder["run"], new CpuDevice(1));
        Assert.Equal("marian", open.Config.Family);
        Assert.Equal(256, Assert.IsType<TransformerConfig>(open.Config).StartToken); // bytes have no padding: targets begin with the end mark
    }

    [Theory]
    [InlineData(7)]
    [InlineData(22)] // between checkpoints that are averaged
    public void A_stopped_run_goes_on_to_the_same_bytes_on_other_threads(int stopAfter)
    {
        RunFiles.ResumesToTheSameBytes(Tiny("training.accumulate=2"), folder, stopAfter);
        Assert.Equal(RunFiles.Hashes(folder["straight/averaged"]), RunFiles.Hashes(folder["stopped/averaged"]));
    }

    [Fact]
    public void A_run_with_an_average_of_weights_goes_on_to_the_same_bytes() =>
        RunFiles.ResumesToTheSameBytes(Tiny("training.ema_decay=0.8", "training.average=1"), folder, 7);

    [Fact]
    public void A_run_with_a_vocabulary_of_its_own_goes_on_with_it()
    {
        RunFiles.ResumesToTheSameBytes(Tiny("tokenizer={vocab: 270}", "training.steps=8"), folder, 3);
        var tokenizer = Tokenizer.Load(folder["straight/tokenizer"]);
        using var open = new LoadedModel(folder["straight"], new CpuDevice(1));
        Assert.Equal(tokenizer.IdOf("<pad>"), ((TransformerConfig)open.Config).StartToken);
    }

    [Theory]
    [InlineData("model.norm=pre")]
    [InlineData("model.positions=learned")]
    [InlineData("model.positions=none")]
    [InlineData("model.key_width=3")]
    [InlineData("model.causal=false")]
    [InlineData("model.tied=false", "marian")]
    public void A_variant_is_saved_and_opened_as_what_it_is(string set, string family = "nonet_transformer")
    {
        var recipe = Tiny(set, "training.steps=4", "training.average=1");
        var result = Texts.Train(recipe, folder["run"]);
        Assert.Null(result.Averaged);
        using var open = new LoadedModel(folder["run"], new CpuDevice(1));
        Assert.Equal(recipe.OptionsFor(new ByteTokenizer()).Model, open.Config);
        Assert.Equal(family, open.Config.Family);
        var logits = Logits(open.EncoderDecoder);
        HuggingFaceFolder.Save(folder["again"], open.Config, open.Model.Parameters);
        using var again = new LoadedModel(folder["again"], new CpuDevice(1));
        Assert.Equal(logits, Logits(again.EncoderDecoder));
        var plain = open.Config is TransformerConfig { Tied: true } c
            ? c with { Norm = NormPlacement.Post, Positions = PositionKind.Sinusoidal, Causal = true } : null;
        // narrow keys have another shape, and learned places would be taken for sines
        if (plain is null || plain.KeyWidth is not null || set == "model.positions=learned")
            return;
        using var store = new ParameterStore(open.Device);
        var other = (IEncoderDecoder)plain.Create(store.Root);
        store.FillForTraining(1, new Lenient(HuggingFaceFolder.Open(result.Checkpoint).Weights));
        Assert.NotEqual(logits, Logits(other)); // the same weights without the variant compute something else
    }

    /// <summary>What a checkpoint has; the rest is drawn.</summary>
    sealed class Lenient(IWeightSource weights) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device)
        {
            try
            {
                return weights.Find(parameter, device);
            }
            catch (MalformedFileException)
            {
                return null;
            }
        }
    }

    static double[] Logits(IEncoderDecoder model)
    {
        using var scope = new TensorScope();
        var device = model.Parameters.Device;
        return model.Output(model.Decode(Batch.Of(device, [256, 109, 101]), model.Encode(Batch.Of(device, [115, 101, 97, 256])))).ToDoubles();
    }

    [Fact]
    public void Empty_and_cut_sides_are_counted()
    {
        File.AppendAllLines(folder["source.txt"], ["", "ship", new string('x', 100)]);
        File.AppendAllLines(folder["target.txt"], ["mer", " ", "nef"]);
        using var watching = new Watching();
        Texts.Train(Tiny("training.steps=1", "training.average=1"), folder["run"], progress: watching);
        Assert.Equal("2 pairs with an empty side", Assert.Single(watching.Of("skipped")));
        Assert.Equal("1 pair with a side of more than 48 tokens, the model's context", Assert.Single(watching.Of("truncated")));
    }

    [Fact]
    public void Files_of_unequal_length_are_named_with_both_counts()
    {
        File.AppendAllLines(folder["source.txt"], ["ship", "sea"]);
        var error = Assert.Throws<MalformedFileException>(() => Texts.Train(Tiny(), folder["run"])).Message;
        Assert.Contains("target.txt", error, StringComparison.Ordinal);
        Assert.Contains("60 lines, and 62 in ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void A_file_that_is_missing_is_named() =>
        Assert.Contains("data.train.source: found 'nothing.txt'; expected a file that exists",
            Assert.Throws<RecipeException>(() => Tiny("data.train.source=nothing.txt")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pair_of_files_of_which_one_is_not_given_is_named() =>
        Assert.Contains("expected source and target, or path alone", Assert.Throws<RecipeException>(() => Tiny("data.train.target=null")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_tokenizer_without_an_end_mark_is_named()
    {
        new BpeTrainerOptions { Vocab = 260, Special = ["<x>"] }.Train(["sea old man ship"], stopping: TestContext.Current.CancellationToken)
            .Save(folder["words"]);
        File.Delete(folder["words/tokenizer_config.json"]);
        var error = Assert.Throws<MalformedFileException>(() => Texts.Train(Tiny($"tokenizer={folder["words"]}"), folder["run"])).Message;
        Assert.Contains("words", error, StringComparison.Ordinal);
        Assert.Contains("no end token in the tokenizer", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_that_the_model_has_no_room_for_is_named() =>
        Assert.Contains("model.vocab is 100; expected at least the tokenizer's 257",
            Assert.Throws<ArgumentException>(() => Texts.Train(Tiny("model.vocab=100"), folder["run"])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_decoder_is_refused() =>
        Assert.Contains("the model is a llama, which has no encoder; expected transformer", Assert.Throws<RecipeException>(() =>
        Tiny("model={kind: llama, layers: 1, width: 16, heads: 2, context: 16}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Written_out_a_recipe_reads_back_as_the_same()
    {
        var recipe = Tiny("model.norm=pre", "model.key_width=4", "training.smoothing=0.2", "data.validation.path=" + folder["source.txt"],
            "data.validation.format=tsv");
        var text = recipe.ToYaml();
        Assert.Equal(recipe, TrainingRecipe.Read("tiny.yaml", text, []));
        Assert.Contains("task: translate\n", text, StringComparison.Ordinal);
    }
}
