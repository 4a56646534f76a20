using System.Text.Json.Nodes;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes;

/// <summary>Reads and writes recipes of every kind as YAML. The key <c>task</c> names the kind of training: see <see cref="TaskKind"/>.</summary>
public static class TrainingRecipe
{
    const string Expected = "a recipe in YAML; nonet recipes lists those that come with the program, and copies one";

    /// <summary>Reads a recipe file strictly: unknown keys are errors.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Settings as key=value, such as training.steps=100.</param>
    public static IRecipe Load(string path, params IEnumerable<string> overrides) => TaskKind.Read(RecipeSource.Load(path, Expected, overrides));

    /// <summary>Name of the run of a recipe file. The rest of the file may be invalid.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Settings as key=value.</param>
    public static string NameOf(string path, params IEnumerable<string> overrides)
    {
        var source = RecipeSource.Load(path, Expected, overrides);
        return source.TextOf(TaskKind.NameKey) is { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(path);
    }

    internal static IRecipe Read(string path, string text, IEnumerable<string> overrides) => TaskKind.Read(RecipeSource.Parse(path, text, overrides));

    /// <summary>All keys with their values, including defaults. Running this recipe again gives the same run.</summary>
    public static string ToYaml(this IRecipe recipe) => YamlText.Of(recipe.ToJson());

    /// <summary>The same as JSON.</summary>
    internal static JsonObject ToJson(this IRecipe recipe) => TaskKind.Of(recipe).Write(recipe);

    /// <summary>
    /// Command that tries the trained model. RUN stands for the run folder, TEXT for an example of the data, MASKED for the same text with
    /// a mask in it.
    /// </summary>
    public static string Next(this IRecipe recipe) => TaskKind.Of(recipe).NextOf(recipe);

    /// <summary>A few words of a recipe's data; null if it has none.</summary>
    internal static string? Example(this IRecipe recipe) => TaskKind.Of(recipe).ExampleOf(recipe);
}
