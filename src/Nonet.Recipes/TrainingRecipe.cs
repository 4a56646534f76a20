using System.Text.Json.Nodes;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes;

/// <summary>Recipes of every kind as YAML. The key <c>task</c> says which kind of training it is: see <see cref="TaskKind"/>.</summary>
public static class TrainingRecipe
{
    const string Expected = "a recipe in YAML, such as those in recipes/";

    /// <summary>Reads a file, strictly.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as training.steps=100.</param>
    public static IRecipe Load(string path, params IEnumerable<string> overrides) => TaskKind.Read(RecipeSource.Load(path, Expected, overrides));

    /// <summary>What the run of a recipe file is called, whatever else the file says.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value.</param>
    public static string NameOf(string path, params IEnumerable<string> overrides)
    {
        var source = RecipeSource.Load(path, Expected, overrides);
        return source.TextOf(TaskKind.NameKey) is { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(path);
    }

    internal static IRecipe Read(string path, string text, IEnumerable<string> overrides) => TaskKind.Read(RecipeSource.Parse(path, text, overrides));

    /// <summary>Every key with its value, those that were left out included: running this again gives the same run.</summary>
    public static string ToYaml(this IRecipe recipe) => YamlText.Of(recipe.ToJson());

    /// <summary>The same as JSON.</summary>
    internal static JsonObject ToJson(this IRecipe recipe) => TaskKind.Of(recipe).Write(recipe);

    /// <summary>The command that tries the trained model. RUN stands for the run folder, TEXT for <see cref="Example"/>, MASKED for the same with a mask in it.</summary>
    public static string Next(this IRecipe recipe) => TaskKind.Of(recipe).NextOf(recipe);

    /// <summary>A few words of a recipe's data; null if they have none.</summary>
    internal static string? Example(this IRecipe recipe) => TaskKind.Of(recipe).ExampleOf(recipe);
}
