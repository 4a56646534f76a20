using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes;

/// <summary>A whole training run as data: a YAML file, or a record made in code. The key <c>task</c> says which kind of training it is: see <see cref="TaskKind"/>.</summary>
public abstract record TrainingRecipe
{
    const string Expected = "a recipe in YAML, such as those in recipes/";

    [Option("What the run is called: its folder is runs/NAME unless another is given. Left out: the file's name.")]
    [JsonPropertyOrder(1)]
    public required string Name { get; init; }

    [Option("What shows the run and keeps it; nothing here changes the result.")]
    [JsonPropertyOrder(9)]
    public ReportOptions Run { get; init; } = new();

    /// <summary>The command that tries the trained model. RUN stands for the run folder, TEXT for <see cref="Example"/>, MASKED for the same with a mask in it.</summary>
    [JsonIgnore]
    public abstract string Next { get; }

    /// <summary>A few words of the data; null if they have none.</summary>
    internal virtual string? Example => null;

    /// <summary>Reads a file, strictly.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as training.steps=100.</param>
    public static TrainingRecipe Load(string path, params IEnumerable<string> overrides) =>
        TaskKind.Read(RecipeSource.Load(path, Expected, overrides));

    /// <summary>What the run of a recipe file is called, whatever else the file says.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value.</param>
    public static string NameOf(string path, params IEnumerable<string> overrides)
    {
        var source = RecipeSource.Load(path, Expected, overrides);
        return source.TextOf(TaskKind.NameKey) is { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(path);
    }

    internal static TrainingRecipe Read(string path, string text, IEnumerable<string> overrides) => TaskKind.Read(RecipeSource.Parse(path, text, overrides));

    /// <summary>Every key with its value, those that were left out included: running this again gives the same run.</summary>
    public string ToYaml() => YamlText.Of(ToJson());

    /// <summary>The same as JSON.</summary>
    internal JsonObject ToJson() => TaskKind.Of(this).Write(this);

    /// <summary>The recipe with values in place of null where they follow from others.</summary>
    internal virtual TrainingRecipe Completed() => this;

    /// <summary>What the fields must satisfy together, whatever the tokenizer.</summary>
    internal abstract void Check();

    /// <summary>The recipe as it is run: what depends on the machine is decided.</summary>
    internal virtual TrainingRecipe Prepared(IProgress<RunEvent>? progress) => this;

    /// <summary>The recipe of a run that is resumed, with what depends on the machine as it was decided when the run began.</summary>
    internal virtual TrainingRecipe DividedAs(TrainingRecipe begun) => this;

    /// <summary>The options with a model of as many ids as the tokenizer can have.</summary>
    internal abstract TrainingOptions Sized();

    /// <summary>Runs it in a folder that is locked and holds the recipe.</summary>
    internal abstract TrainingResult Train(RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping);
}
