using Nonet.Data;
using Nonet.Models.Decoders;
using Nonet.Recipes.Yaml;
using Nonet.Tensors.Cpu;
using Nonet.Training;

namespace Nonet.Recipes.Tests;

public class RecipeTests
{
    const string Small = """
        model:
          kind: llama
          layers: 2
          width: 32
          heads: 4
          context: 16
        training:
          steps: 5
          learning_rate: 3e-3
        """;

    static Recipe Read(string text, params string[] overrides) => Recipe.Parse("r.yaml", text, overrides);

    static string Refused(string text, params string[] overrides) => Assert.Throws<RecipeException>(() => Read(text, overrides)).Message;

    [Fact]
    public void Keys_bind_and_the_rest_keeps_its_defaults()
    {
        var recipe = Read(Small);
        Assert.Equal("r", recipe.Name);
        var options = recipe.OptionsFor(vocab: 257);
        // 8 * 32 / 3 = 85, up to 96
        Assert.Equal(new LlamaConfig { Vocab = 257, Layers = 2, Width = 32, Heads = 4, KvHeads = 4, Context = 16, Hidden = 96 }, options.Model);
        Assert.Equal((5, 3e-3, 16, 1.0), (options.Steps, options.LearningRate, options.Batch, options.Clip));
        Assert.Equal(new ReportOptions(), recipe.Run);
    }

    [Fact]
    public void Overrides_replace_add_and_reach_into_sections_that_are_not_there()
    {
        var recipe = Read(Small, "training.steps=7", "training.adamw.beta2=0.99", "run.prompt=Call me", "name=other", "training.clip=null", "model.vocab=300",
            "data.documents=file");
        var options = recipe.OptionsFor(257);
        Assert.Equal((7, 0.99, null, 300), (options.Steps, options.AdamW.Beta2, options.Clip, options.Model.Vocab));
        Assert.Equal(("other", "Call me", false), (recipe.Name, recipe.Run.Prompt, recipe.Data.Documents == DocumentCut.Chapters));
    }

    [Fact]
    public void Written_out_it_has_every_key_and_reads_back_as_the_same()
    {
        var recipe = Read(Small, "run.prompt=\"a: #b\\n\"", "training.seed=18446744073709551615", "run.sample_every=3");
        var text = recipe.ToYaml();
        Assert.Contains("warmup: 100\n", text, StringComparison.Ordinal);
        Assert.Contains("learning_rate: 0.003\n", text, StringComparison.Ordinal);
        Assert.Contains("epsilon: 1e-05\n", text, StringComparison.Ordinal);
        var again = Read(text);
        Assert.Equal(recipe, again);
        Assert.Equal("a: #b\n", again.Run.Prompt);
        Assert.Equal(text, again.ToYaml());
    }

    [Theory]
    [InlineData("training.setps",
        "r.yaml:11: training.setps: found an unknown key; expected one of the keys of training, the nearest is steps (all: steps, batch,")]
    [InlineData("training.lerning_rate", "the nearest is learning_rate")]
    [InlineData("modle", "r.yaml:10: modle: found an unknown key; expected one of the keys of a recipe, the nearest is model (all: task, name, from, model,")]
    public void An_unknown_key_names_its_nearest_known_one(string key, string message)
    {
        var text = key.Contains('.', StringComparison.Ordinal) ? $"{Small}\n  seed: 2\n  {key.Split('.')[1]}: 1" : $"{Small}\n{key}: 1";
        Assert.Contains(message, Refused(text), StringComparison.Ordinal);
        Assert.Contains($"--set {key}=1: {key}: found an unknown key", Refused(Small, $"{key}=1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task=pretrian", "task: found 'pretrian'; expected pretrain, translate, masked, sequences, classify, regress, tag, answer, choose")]
    [InlineData("training.steps=many", "training.steps: found 'many'; expected a whole number of at least 1")]
    [InlineData("training.steps=\"5\"", "training.steps: found '5'; expected a whole number of at least 1")] // in quotation marks it is a text
    [InlineData("training.steps=1e3", "training.steps: found '1e3'")]
    [InlineData("training.batch=-4", "training.batch: found '-4'; expected a whole number from 1 to 1048576")]
    [InlineData("training.batch=99999999999", "training.batch: found '99999999999'")]
    [InlineData("training.batch=[1, 2]", "training.batch: found a list; expected a whole number")]
    [InlineData("training.batch=", "training.batch: found nothing; expected a whole number")]
    [InlineData("training.learning_rate=.nan", "training.learning_rate: found '.nan'; expected a number above 0")]
    [InlineData("training.learning_rate=0", "training.learning_rate: found '0'; expected a number above 0")]
    [InlineData("training.floor=1.5", "training.floor: found '1.5'; expected a number in [0, 1]")]
    [InlineData("training.gradient_checkpointing=yes", "training.gradient_checkpointing: found 'yes'; expected true or false")]
    [InlineData("training.on_divergence=panic", "training.on_divergence: found 'panic'; expected one of stop, rollback")]
    [InlineData("training.seed=-1", "training.seed: found '-1'; expected a whole number from 0 to 2^64 - 1")]
    [InlineData("training.adamw=3", "training.adamw: found '3'; expected keys such as beta1, beta2, epsilon")]
    [InlineData("training=null", "training.steps: found nothing; expected a whole number of at least 1")]
    [InlineData("model.kind=bart",
        "model.kind: found 'bart'; expected gpt2, gpt3, gptj, llama, mistral, qwen2, qwen3, qwen3_moe, olmo2, granite, gemma3, bert, roberta or transformer")]
    [InlineData("model.width=-8", "model.width: found '-8'; expected a whole number from 1 to 16777216")]
    [InlineData("data.path=nowhere.txt", "data.path: found 'nowhere.txt'; expected a file or folder of texts")]
    [InlineData("tokenizer=nowhere", "tokenizer: found 'nowhere'; expected bytes, or a folder with a tokenizer.json that exists")]
    [InlineData("tokenizer.vocab=256", "tokenizer.vocab is 256; expected 257 (256 bytes and the special tokens) to 16777216")]
    [InlineData("tokenizer={vocab: 300, pattern: t5}", "tokenizer.pattern: found 't5'; expected one of gpt2, cl100k")]
    [InlineData("tokenizer={model: t5, vocab: 300}", "tokenizer.model: found 't5'; expected bpe, wordpiece or unigram")]
    [InlineData("tokenizer={model: unigram}", "tokenizer.vocab: found nothing; expected a whole number from 4 to 16777216")]
    [InlineData("tokenizer={model: unigram, vocab: 300, pattern: gpt2}", "tokenizer.pattern: found an unknown key; expected one of the keys of tokenizer")]
    [InlineData("tokenizer={model: unigram, vocab: 300, character_coverage: 0}", "tokenizer.character_coverage: found '0'; expected a number in (0, 1]")]
    [InlineData("tokenizer={vocab: 300, special: end}", "tokenizer.special: found 'end'; expected a list of texts")]
    [InlineData("tokenizer={model: wordpiece, vocab: 300, byte_fallback: true}", "tokenizer.byte_fallback: found an unknown key")]
    [InlineData("run.keep=0", "run.keep: found '0'; expected a whole number of at least 1")]
    [InlineData("run.prompt=null", "run.prompt: found nothing; expected a text")]
    public void A_value_that_cannot_be_says_where_what_and_what_instead(string set, string message) =>
        Assert.StartsWith($"--set {set}: {message}", Refused(Small, set), StringComparison.Ordinal);

    [Fact]
    public void A_value_in_the_file_is_named_by_file_and_line() =>
        Assert.StartsWith("r.yaml:8: training.steps: found 'five'; expected a whole number",
            Refused(Small.Replace("steps: 5", "steps: five", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("training.steps", "--set training.steps: found no key and value; expected KEY=VALUE")]
    [InlineData("=3", "--set =3: found no key and value")]
    [InlineData("training.steps.x=3", "training.steps is '5', which has no keys")]
    [InlineData("training.steps=[", "--set training.steps=[: not YAML")]
    public void An_override_that_is_none_is_named(string set, string message) => Assert.Contains(message, Refused(Small, set), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "r.yaml: found nothing; expected one document of keys and values")]
    [InlineData("- 1\n", "r.yaml: found a list")]
    [InlineData("a: 1\n---\nb: 2\n", "r.yaml: found 2 documents")]
    [InlineData("training:\n  steps: 1\n  steps: 2\n", "r.yaml:3: training.steps: found the key a second time; expected it once")]
    [InlineData("training: {steps: 1\n", "not YAML")]
    [InlineData("training: {steps: 1}\n", "model: found nothing; expected a model")]
    [InlineData("model: {layers: 1}\ntraining: {steps: 1}\n",
        "r.yaml:1: model.kind: found nothing; expected gpt2, gpt3, gptj, llama, mistral, qwen2, qwen3, qwen3_moe, olmo2, granite, gemma3, bert, roberta or "
        + "transformer")]
    public void A_file_that_is_no_recipe_is_named(string text, string message) => Assert.Contains(message, Refused(text), StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_an_error_and_not_a_crash() =>
        Assert.Contains("more than 64 levels of nesting", Refused(new string('[', 1_000_000)), StringComparison.Ordinal);

    [Theory]
    [InlineData("model={kind: bert, layers: 1}", "the model is a bert, which does not continue text: use a decoder, or task: masked")]
    [InlineData("model={kind: transformer, width: 32}", "the model is a transformer, which does not continue text: use a decoder, or task: translate")]
    [InlineData("model.width=30", "Width")] // not a multiple of 4 heads
    [InlineData("tokenizer={model: unigram, vocab: 200}", "tokenizer.vocab is 200; expected 260 (special and user-defined tokens, 256 bytes, and a piece)")]
    [InlineData("training.length=17", "length is 17; expected at most the model's context of 16")]
    public void Fields_that_do_not_go_together_are_named_with_the_file(string set, string message)
    {
        var error = Refused(Small, set);
        Assert.True(error.StartsWith("r.yaml: ", StringComparison.Ordinal) || error.StartsWith($"--set {set}: ", StringComparison.Ordinal), error);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.width=100000000", "model.width: found '100000000'; expected a whole number from 1 to 16777216")]
    [InlineData("model.layers=1000000", "model.layers: found '1000000'; expected a whole number from 1 to 4096")]
    [InlineData("model={kind: llama, width: 64, heads: 64, head_width: 1048576}",
        "LlamaConfig.Heads is 64; expected at most 16, so that Heads times HeadWidth, which is 1048576, is at most 16777216")]
    [InlineData("model={kind: gpt2, width: 8, heads: 2, layers: 4097}", "model.layers: found '4097'; expected a whole number from 1 to 4096")]
    public void A_size_that_no_model_has_is_named_before_anything_is_allocated(string set, string message) =>
        Assert.Contains(message, Refused(Small, set), StringComparison.Ordinal);

    [Fact]
    public void Too_little_memory_is_an_error_with_both_figures_and_leaves_no_run_folder()
    {
        using var temporary = new TemporaryFolder();
        var recipe = Read(Small, "model.width=65536", "model.layers=8", "model.hidden=65536"); // 8 (4 + 3) 2^32 weights in matrices
        var error = Assert.Throws<ArgumentException>(() =>
            TrainRecipe.Run(recipe, new CpuDevice(1), temporary["run"], stopping: TestContext.Current.CancellationToken));
        Assert.Matches(@"^the model has 240,[\d,]+ weights to train: at most 2,146,435,071 can be trained", error.Message);
        Assert.False(Directory.Exists(temporary["run"]));
        var options = Read(Small).OptionsFor(257);
        var needed = TrainingMemory.Estimate(options);
        TrainingMemory.Require(options, needed);
        Assert.Matches(@"^too little memory: training a model of [\d,]+ weights takes about \d+ MB, and 10 MB are "
            + @"available to this process; take a smaller model, a smaller batch",
            Assert.Throws<ArgumentException>(() => TrainingMemory.Require(options, 10 << 20)).Message);
    }

    [Theory]
    [InlineData(5, 5, true), InlineData(100, 5, true), InlineData(4, 5, false)]
    public void A_warm_up_that_never_reaches_the_peak_is_warned_of(int warmup, int steps, bool warned)
    {
        var options = Read(Small, $"training.warmup={warmup}", $"training.steps={steps}").Training;
        Assert.Equal(warned, options.Warnings.Any());
        if (warmup == 100)
            Assert.StartsWith("warmup is 100 and steps 5: the run ends during the warm-up, with a learning rate of 1.5e-4 at most, instead of 3.0e-3",
                options.Warnings.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("? &a [*a]\n: 1\n", "r.yaml:1: found a list as a key; expected a name")]
    [InlineData("a: &a [x, x]\nb: &b [*a, *a]\n", "r.yaml:2: b.0: found the alias *a; expected the value itself")]
    public void An_alias_is_an_error_and_not_a_crash(string text, string message) => Assert.Contains(message, Refused(text), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_missing_is_named() =>
        Assert.StartsWith("nothing.yaml: found no such file", Assert.Throws<FileNotFoundException>(() => Recipe.Load("nothing.yaml")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Differences_are_listed_key_by_key()
    {
        var differences = OptionDifferences.Of(Read(Small).ToJson(),
            Read(Small, "training.batch=3", "model={kind: gpt2, layers: 2, width: 32, heads: 4, context: 16}").ToJson());
        Assert.Contains(("training.batch", "16", "3"), differences);
        Assert.Contains(("model.kind", "llama", "gpt2"), differences);
        Assert.Contains(("model.kv_heads", "4", "absent"), differences);
        Assert.DoesNotContain(differences, d => d.Field == "training.steps");
    }
}
