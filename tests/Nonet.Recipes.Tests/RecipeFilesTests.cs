using Nonet.Recipes.Scaling;
using Nonet.Recipes.Tests.Alignment;
using Nonet.Recipes.Tests.FineTuning;
using Nonet.Recipes.Tests.Masked;
using Nonet.Recipes.Tests.Translation;

namespace Nonet.Recipes.Tests;

/// <summary>The recipes that come with the repository: each binds, says what its comments say, and trains.</summary>
public class RecipeFilesTests
{
    static readonly string folder = Find();

    /// <summary>The repository that the tests are in.</summary>
    public static string Repository => Path.GetDirectoryName(folder)!;

    static string[] All => [.. Directory.GetFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    /// <summary>Recipes that train a decoder on text.</summary>
    public static TheoryData<string> Files =>
        [.. All.Where(f => f.StartsWith("gpt2-", StringComparison.Ordinal) || f.StartsWith("llama-", StringComparison.Ordinal))];

    const string Sweeps = "scaling-sweep.yaml";

    [Theory]
    [InlineData("gpt2-1m.yaml", 257, 0.9e6), InlineData("gpt2-10m.yaml", 257, 10.8e6), InlineData("gpt2-124m.yaml", 50257, 124e6)]
    [InlineData("llama-1m.yaml", 257, 0.8e6), InlineData("llama-10m.yaml", 257, 10.7e6), InlineData("llama-110m.yaml", 32000, 110e6)]
    public void A_recipe_has_the_weights_that_its_name_says(string file, int vocab, double weights)
    {
        var options = Recipe.Load(Path.Combine(folder, file)).OptionsFor(vocab);
        using var store = new Tensors.ParameterStore(new Tensors.Cpu.CpuDevice());
        _ = options.Model is Models.Decoders.LlamaConfig llama ? (Models.ICausalModel)new Models.Decoders.Llama(llama, store.Root)
            : new Models.Decoders.Gpt((Models.Decoders.GptConfig)options.Model, store.Root);
        Assert.InRange(store.Count, weights * 0.95, weights * 1.05);
    }

    [Theory, MemberData(nameof(Files))]
    public void A_recipe_trains_a_few_steps_and_runs_again_from_what_it_wrote(string file)
    {
        using var temporary = new TemporaryFolder();
        TextFiles.Write(temporary["texts"]);
        string[] tiny =
        [
            $"data.path={temporary["texts"]}", "data.validation=0.25", "model.width=16", "model.heads=2", "model.layers=1", "model.context=16",
            "training.batch=2", "training.accumulate=2",
            "training.steps=3", "training.warmup=1", "training.save_every=2", "run.sample_tokens=2", .. file.StartsWith("llama", StringComparison.Ordinal)
                ? new[] { "model.hidden=32" } : [],
            .. file is "gpt2-124m.yaml" or "llama-110m.yaml" ? new[] { "tokenizer.vocab=280" } : [],
        ];
        var first = Texts.Train(Recipe.Load(Path.Combine(folder, file), tiny), temporary["a"]);
        Assert.Equal(3, first.Step);
        var again = Texts.Train(Recipe.Load(temporary["a/recipe.yaml"]), temporary["b"]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(first.Checkpoint, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(again.Checkpoint, "model.safetensors")));
        Assert.Equal(File.ReadAllText(temporary["a/recipe.yaml"]), File.ReadAllText(temporary["b/recipe.yaml"]));
    }

    [Fact]
    public void The_recipe_of_a_bert_trains_a_few_steps()
    {
        using var temporary = new TemporaryFolder();
        MaskedTexts.Write(temporary["texts"]);
        var recipe = TrainingRecipe.Load(Path.Combine(folder, "bert-mini.yaml"), $"data.path={temporary["texts"]}", "data.validation=0.25", "model.width=16",
            "model.heads=2", "model.hidden=32", "training.batch=2",
            "training.steps=3");
        Assert.Equal(3, Texts.Train(recipe, temporary["run"]).Step);
    }

    /// <summary>One document cannot be divided into training and held-out text, which is found out before the run begins.</summary>
    [Fact]
    public void A_run_that_cannot_begin_leaves_the_files_of_its_folder_alone()
    {
        using var temporary = new TemporaryFolder();
        File.WriteAllText(temporary["one.txt"], "A text.");
        string[] own = ["notes.txt", "page.html"];
        Directory.CreateDirectory(temporary["run"]);
        foreach (var name in own)
            File.WriteAllText(temporary[$"run/{name}"], "mine");
        var recipe = TrainingRecipe.Load(Path.Combine(folder, "gpt2-1m.yaml"), $"data.path={temporary["one.txt"]}", "data.documents=file");
        Assert.Contains("1 document", Assert.ThrowsAny<Exception>(() => Texts.Train(recipe, temporary["run"])).Message, StringComparison.Ordinal);
        Assert.Equal(own, Directory.EnumerateFiles(temporary["run"]).Select(file => Path.GetFileName(file)!).Where(name => name != "lock").Order());
        File.WriteAllText(temporary["run/metrics.jsonl"], "mine"); // named as a run names its own
        Assert.Contains("a run would overwrite this file", Assert.ThrowsAny<Exception>(() => Texts.Train(recipe, temporary["run"])).Message,
            StringComparison.Ordinal);
        Assert.All([.. own, "metrics.jsonl"], name => Assert.Equal("mine", File.ReadAllText(temporary[$"run/{name}"])));
    }

    [Theory]
    [InlineData("few-shot.yaml", "data.pairs=3"), InlineData("chain-of-thought.yaml", "data.reasoning=shuffled"),
        InlineData("chain-of-thought.yaml", "data.reasoning=dots")]
    public void A_miniature_trains_a_few_steps_to_the_same_bits_each_time(string file, string set)
    {
        using var temporary = new TemporaryFolder();
        byte[] Train(string folder, params string[] more)
        {
            var recipe = TrainingRecipe.Load(Path.Combine(RecipeFilesTests.folder, file),
                ["model.width=16", "model.heads=2", "model.hidden=32", "training.steps=3", "training.batch=4", set, .. more]);
            return File.ReadAllBytes(Path.Combine(Texts.Train(recipe, temporary[folder]).Checkpoint, "model.safetensors"));
        }
        Assert.Equal(Train("a"), Train("b"));
        Assert.NotEqual(Train("c"), Train("d", "training.seed=2"));
    }

    [Fact]
    public void The_recipe_of_multi30k_trains_a_few_steps()
    {
        using var temporary = new TemporaryFolder();
        PairFiles.Write(temporary.Path, 40);
        string[] files = [.. new[] { "train", "validation" }.SelectMany(part =>
            new[] { $"data.{part}.source={temporary["source.txt"]}", $"data.{part}.target={temporary["target.txt"]}" })];
        var recipe = TrainingRecipe.Load(Path.Combine(folder, "multi30k.yaml"),
            [.. files, "model.width=16", "model.heads=2", "model.hidden=32", "model.encoder_layers=1", "model.decoder_layers=1",
            "training.batch_tokens=200", "training.steps=3", "tokenizer.vocab=280"]);
        Assert.Equal(3, Texts.Train(recipe, temporary["run"]).Step);
    }

    [Fact]
    public void The_recipe_that_translates_trains_a_few_steps_on_the_pairs_in_the_repository()
    {
        using var temporary = new TemporaryFolder();
        var pairs = Path.Combine(Path.GetDirectoryName(folder)!, "data", "translation", "tatoeba-en-de.tsv");
        var few = temporary["few.tsv"];
        File.WriteAllLines(few, File.ReadLines(pairs).Take(200));
        var recipe = TrainingRecipe.Load(Path.Combine(folder, "translate.yaml"), $"data.train.path={few}", "model.width=16", "model.heads=2", "model.hidden=32",
            "model.encoder_layers=1", "model.decoder_layers=1",
            "training.batch_tokens=200", "training.steps=3", "tokenizer.vocab=280");
        var result = Texts.Train(recipe, temporary["run"]);
        Assert.Equal(3, result.Step);
        Assert.Equal("bleu", Assert.Single(result.HeldOut!.Scores).Name);
    }

    [Fact]
    public void The_sweep_plans_five_sizes_and_more_of_3000_to_300000_weights_at_three_budgets_below_a_teraflop()
    {
        var recipe = SweepRecipe.Load(Path.Combine(folder, Sweeps));
        var runs = PlannedRun.Of(recipe, vocab: 257);
        Assert.True(runs.Select(r => r.Model.Parameters).Distinct().Count() >= 5);
        Assert.All(runs, r => Assert.InRange(r.Model.Parameters, 3000, 300_000));
        Assert.Equal(3, recipe.Sweep.Flops!.Count(c => c <= 1e12));
        Assert.Single(runs, r => r.HeldOut);
    }

    [Theory]
    [InlineData("reward"), InlineData("ppo"), InlineData("dpo"), InlineData("grpo"), InlineData("rejection"), InlineData("sft")]
    public void A_recipe_of_alignment_trains_as_its_first_lines_say(string task)
    {
        using var tiny = new TinyPolicy();
        File.WriteAllLines(tiny.Folder["chats.jsonl"], Enumerable.Range(0, 40).Select(i =>
            $$"""{"messages": [{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "the whale {{i}}"}]}"""));
        string[] data = task switch
        {
            "reward" or "dpo" => [$"data.train.path={tiny.Folder["rankings.jsonl"]}", "training.batch=8", "training.epochs=0.2"],
            "sft" => [$"data.path={tiny.Folder["chats.jsonl"]}", "training.updates=2", "training.longer=cut"],
            _ => [$"data.prompts={tiny.Folder["prompts.jsonl"]}", "training.episodes=8", "training.batch=8", "training.minibatch=8",
                "training.response_tokens=4"],
        };
        string[] rewards = task switch
        {
            "ppo" => ["rewards=[{kind: words, words: [a]}]"],
            "grpo" or "rejection" => ["training.group=4"],
            _ => [],
        };
        Trains(task, tiny.Folder, [$"from={tiny.Folder["base"]}", .. data, .. rewards]);
    }

    [Theory]
    [InlineData("classify"), InlineData("regress"), InlineData("tag"), InlineData("answer"), InlineData("choose")]
    public void A_recipe_of_an_encoders_task_trains_as_its_first_lines_say(string task)
    {
        using var tiny = new TinyBert();
        var data = task switch
        {
            "classify" => tiny.Labelled(),
            "regress" => tiny.Numbered(),
            "tag" => tiny.Tagged(),
            "answer" => tiny.Passages(),
            _ => tiny.Choices(),
        };
        Trains(task, tiny.Folder,
            [$"from={tiny.Folder["base"]}", $"data.train.path={tiny.Folder[data]}", "training.epochs=0.1", .. task == "answer" ? ["data.windows.max_length=48",
                "data.windows.stride=16", "data.windows.max_question=8"] : Array.Empty<string>()]);
    }

    /// <summary>
    /// Trains a recipe whose file has the name of its task; the changes are those that its comments tell a reader to make, and smaller figures.
    /// </summary>
    static void Trains(string task, TemporaryFolder temporary, string[] changes)
    {
        var file = Path.Combine(folder, task + ".yaml");
        var result = Texts.Train(TrainingRecipe.Load(file, changes), temporary["trained"]);
        Assert.True(result.Step > 0 && !result.Interrupted);
        Assert.Contains($"task: {task}", File.ReadAllText(file), StringComparison.Ordinal);
        var said = string.Join(' ', File.ReadLines(file).Where(line => line.StartsWith('#')));
        Assert.Contains($"nonet train recipes/{task}.yaml --set from=MODEL --set data.", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_recipe_of_flan_tunes_a_few_updates_on_its_mixture()
    {
        using var tiny = new TinyPolicy();
        Assert.Equal(1, Texts.Train(TrainingRecipe.Load(Path.Combine(folder, "flan.yaml"), $"from={tiny.Folder["base"]}",
            $"data.path={Path.Combine(folder, "mixtures", "symbols.yaml")}", "training.updates=1", "training.batch=2", "training.longer=cut"),
            tiny.Folder["run"]).Step);
    }

    [Fact]
    public void Every_recipe_is_tested_and_every_kind_of_training_has_one()
    {
        Assert.Equal(6, Files.Count);
        Assert.Equal(["answer.yaml", "bert-mini.yaml", "chain-of-thought.yaml", "choose.yaml", "classify.yaml", "dpo.yaml", "few-shot.yaml", "flan.yaml",
            "grpo.yaml", "multi30k.yaml", "ppo.yaml", "regress.yaml", "rejection.yaml", "reward.yaml", Sweeps, "sft.yaml", "tag.yaml", "translate.yaml"],
            All.Except(Files.Select(row => (string)row)));
        Assert.All(TaskKind.All, kind => Assert.True(kind == TaskKind.All[0] || All.Any(file =>
            File.ReadLines(Path.Combine(folder, file)).Any(line => line == $"task: {kind.Name}")), kind.Name));
    }

    static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "recipes", "llama-1m.yaml")))
                return Path.Combine(at.FullName, "recipes");
        }
        throw new DirectoryNotFoundException("recipes/ is in no folder above the tests");
    }
}
