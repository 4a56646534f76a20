using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Scaling;

/// <summary>Many training runs as data: what they have in common, and what is varied. A YAML file, or a record made in code.</summary>
public sealed record SweepRecipe
{
    /// <summary>What the sweep is called: its folder is runs/NAME unless another is given.</summary>
    public required string Name { get; init; }

    /// <summary>What every run has: kind of model, text, tokenizer, optimiser. Layers, width, heads, steps, warm-up and seeds are the sweep's.</summary>
    public required Recipe Train { get; init; }

    public required SweepOptions Sweep { get; init; }

    /// <summary>Reads a file, strictly: see <see cref="SweepSections"/> for the keys.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as sweep.evaluations=4.</param>
    public static SweepRecipe Load(string path, params IEnumerable<string> overrides)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file; expected the recipe of a sweep in YAML, such as recipes/scaling-sweep.yaml");
        return Parse(path, File.ReadAllText(path), overrides);
    }

    internal static SweepRecipe Parse(string path, string text, params IEnumerable<string> overrides)
    {
        var source = YamlSource.Parse(path, text, overrides);
        var recipe = SweepSections.Sweep.Read(new YamlValue(source, "", source.Root));
        recipe = recipe.Name.Length > 0 ? recipe : recipe with { Name = Path.GetFileNameWithoutExtension(path) };
        try
        {
            recipe.Sweep.Check();
            recipe.Train.Check();
            SweepModels.CheckKind(recipe.Train.Model);
        }
        catch (ArgumentException e) when (e is not ArgumentNullException)
        {
            throw new RecipeException($"{path}: {e.Message}", e);
        }
        return recipe;
    }

    /// <summary>Every key with its value, those that were left out included.</summary>
    public string ToYaml() => YamlText.Save(SweepSections.Sweep.Write(this));
}
