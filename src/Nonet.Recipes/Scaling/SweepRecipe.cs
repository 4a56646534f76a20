using System.Text.Json.Nodes;
using Nonet.Files;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Scaling;

/// <summary>Many training runs as data: what they have in common, and what is varied. A YAML file, or a record made in code.</summary>
public sealed record SweepRecipe
{
    internal static RecipeForm Form { get; } = new()
    {
        // the sweep decides how long each run is, when it is measured and saved, and what shows it
        Without =
        [
            "train.name", "train.run", "train.from", "train.memory_mb", "train.training.steps", "train.training.batch_ramp", "train.training.warmup", "train.training.seed", "train.training.evaluate_every",
            "train.training.save_every",
        ],
        Optional = ["train.training"],
        Templates =
        [
            new SweepRecipe { Name = "", Train = new Recipe { Name = "", Training = new PretrainOptions { Steps = 1 } }, Sweep = new SweepOptions() }, new SweepOptions(),
            .. Recipe.Kind.Form.Templates,
        ],
    };

    [Option("What the sweep is called: its folder is runs/NAME unless another is given. Left out: the file's name.")]
    public required string Name { get; init; }

    [Option("What every run has: kind of model, text, tokenizer, optimiser. Layers, width, heads, steps, warm-up and seeds are the sweep's.", Expected = "a training recipe: model, data, tokenizer, training")]
    public required Recipe Train { get; init; }

    [Option("What is varied.", Expected = "at least sizes, and tokens or flops")]
    public required SweepOptions Sweep { get; init; }

    /// <summary>Reads a file, strictly.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as sweep.evaluations=4.</param>
    public static SweepRecipe Load(string path, params IEnumerable<string> overrides) =>
        Read(RecipeSource.Load(path, "the recipe of a sweep in YAML, such as recipes/scaling-sweep.yaml", overrides));

    internal static SweepRecipe Parse(string path, string text, params IEnumerable<string> overrides) => Read(RecipeSource.Parse(path, text, overrides));

    /// <summary>Every key with its value, those that were left out included.</summary>
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
