using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Scaling;

/// <summary>Many training runs as a recipe: the settings that they share, and those that vary. A YAML file, or a record created in code.</summary>
public sealed record SweepRecipe
{
    internal static RecipeForm Form { get; } = new()
    {
        // the sweep determines the length, evaluations, checkpoints and reports of each run
        Without =
        [
            "train.name", "train.run", "train.from", "train.memory_mb", "train.training.steps", "train.training.batch_ramp", "train.training.warmup",
            "train.training.seed", "train.training.evaluate_every",
            "train.training.save_every",
        ],
        Optional = ["train.training"],
        Templates =
        [
            new SweepRecipe { Name = "", Train = new Recipe { Name = "", Training = new PretrainOptions { Steps = 1 } }, Sweep = new SweepOptions() },
            new SweepOptions(),
            .. Recipe.Kind.Form.Templates,
        ],
    };

    /// <summary>Name of the sweep. Its folder is runs/NAME unless another is given. If left out, the name of the recipe file.</summary>
    [Option("Name of the sweep. Its folder is runs/NAME unless another is given. If left out, the name of the recipe file.")]
    public required string Name { get; init; }

    /// <summary>
    /// Settings that all runs share: kind of model, text, tokenizer, optimiser. The sweep sets layers, width, heads, steps, warm-up and
    /// seeds.
    /// </summary>
    [Option("Settings that all runs share: kind of model, text, tokenizer, optimiser. The sweep sets layers, width, heads, steps, warm-up and seeds.",
        Expected = "a training recipe: model, data, tokenizer, training")]
    public required Recipe Train { get; init; }

    /// <summary>Settings that vary.</summary>
    [Option("Settings that vary.", Expected = "at least sizes, and tokens or flops")]
    public required SweepOptions Sweep { get; init; }

    /// <summary>Reads a file strictly: unknown keys are errors.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Settings as key=value, such as sweep.evaluations=4.</param>
    public static SweepRecipe Load(string path, params IEnumerable<string> overrides) =>
        Read(RecipeSource.Load(path, "the recipe of a sweep in YAML, such as recipes/scaling-sweep.yaml", overrides));

    internal static SweepRecipe Parse(string path, string text, params IEnumerable<string> overrides) => Read(RecipeSource.Parse(path, text, overrides));

    /// <summary>All keys with their values, including defaults.</summary>
    public string ToYaml() => YamlText.Of(ToJson());

    /// <summary>The same as JSON.</summary>
    internal JsonObject ToJson() => Form.Written(this, RecipeJson.TypeOf<SweepRecipe>());

    static SweepRecipe Read(RecipeSource source)
    {
        if (!source.Root.ContainsKey(TaskKind.NameKey))
            source.Root.Add(TaskKind.NameKey, Path.GetFileNameWithoutExtension(source.File));
        var recipe = new RecipeReader(source, Form).Read(RecipeJson.TypeOf<SweepRecipe>());
        recipe = recipe with { Train = recipe.Train.Completed() };
        source.Check(() =>
        {
            recipe.Sweep.Check();
            recipe.Train.Check();
            SweepModels.CheckKind(recipe.Train.OptionsFor(vocab: 1).Model);
        });
        return recipe;
    }
}
