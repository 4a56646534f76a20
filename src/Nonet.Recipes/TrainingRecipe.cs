using Nonet.Models;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Translation;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes;

/// <summary>A whole training run as data: a YAML file, or a record made in code. The key <c>task</c> says which kind of training it is.</summary>
public abstract record TrainingRecipe
{
    const string TaskKey = "task";

    static readonly (string Task, Func<YamlValue, TrainingRecipe> Read)[] tasks =
    [
        (Recipe.TaskName, v => RecipeSections.Recipe.Read(v)),
        (TranslationRecipe.TaskName, v => TranslationSections.Recipe.Read(v)),
        (MaskedRecipe.TaskName, v => MaskedSections.Recipe.Read(v)),
        .. FineTuneSections.Tasks.Select(task => (task, (Func<YamlValue, TrainingRecipe>)(v => FineTuneSections.Of(task).Read(v)))),
    ];

    /// <summary>What the run is called: its folder is runs/NAME unless another is given.</summary>
    public required string Name { get; init; }

    /// <summary>Shape of the model; a Vocab of 0 stands for the tokenizer's.</summary>
    public required ModelConfig Model { get; init; }

    public RecipeTokenizer Tokenizer { get; init; } = new();

    /// <summary>What shows the run and keeps it; nothing here changes the result.</summary>
    public RunOptions Run { get; init; } = new() { Out = "" };

    /// <summary>The command that tries the trained model. RUN stands for the run folder, TEXT for <see cref="Example"/>, MASKED for the same with a mask in it.</summary>
    public abstract string Next { get; }

    /// <summary>A few words of the data; null if they have none.</summary>
    internal virtual string? Example => null;

    /// <summary>Reads a file, strictly.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as training.steps=100.</param>
    public static TrainingRecipe Load(string path, params IEnumerable<string> overrides)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file; expected a recipe in YAML, such as those in recipes/");
        return Read(path, File.ReadAllText(path), overrides);
    }

    /// <summary>What the run of a recipe file is called, whatever else the file says.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value.</param>
    public static string NameOf(string path, params IEnumerable<string> overrides)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file; expected a recipe in YAML, such as those in recipes/");
        var fields = RecipeDifferences.Flatten(YamlSource.Parse(path, File.ReadAllText(path), overrides).Root);
        return fields.GetValueOrDefault("name") is { Length: > 0 } name ? name : Path.GetFileNameWithoutExtension(path);
    }

    internal static TrainingRecipe Read(string path, string text, IEnumerable<string> overrides)
    {
        var source = YamlSource.Parse(path, text, overrides);
        var root = new YamlValue(source, "", source.Root);
        var recipe = SectionOf(root)(root);
        recipe = recipe.Name.Length > 0 ? recipe : recipe with { Name = Path.GetFileNameWithoutExtension(path) };
        try
        {
            recipe.Check();
        }
        catch (ArgumentException e) when (e is not ArgumentNullException)
        {
            throw new RecipeException($"{path}: {e.Message}", e);
        }
        return recipe;
    }

    /// <summary>Every key with its value, those that were left out included: running this again gives the same run.</summary>
    public string ToYaml() => YamlText.Save(Write());

    internal abstract YamlMappingNode Write();

    /// <summary>What the fields must satisfy together, whatever the tokenizer.</summary>
    internal abstract void Check();

    /// <summary>The recipe as it is run: what depends on the machine is decided.</summary>
    internal virtual TrainingRecipe Prepared(IProgress<RunEvent>? progress) => this;

    /// <summary>The recipe of a run that is resumed, with what depends on the machine as it was decided when the run began.</summary>
    internal virtual TrainingRecipe DividedAs(TrainingRecipe begun) => this;

    /// <summary>The options with a model of as many ids as the tokenizer can have.</summary>
    internal abstract TrainingOptions Sized();

    /// <summary>Runs it in a folder that is locked and holds the recipe.</summary>
    internal abstract TrainingResult Train(Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping);

    private protected void CheckTokenizer()
    {
        try
        {
            Tokenizer.Train?.Check();
        }
        catch (ArgumentException e) // its message begins with the name of the option
        {
            throw new ArgumentException($"tokenizer.{e.Message}", e);
        }
    }

    static Func<YamlValue, TrainingRecipe> SectionOf(YamlValue root)
    {
        if (root.IsNull || root.Fields("keys such as task, model, training").FirstOrDefault(f => f.Name == TaskKey) is not { Name: not null } field)
            return tasks[0].Read;
        var expected = string.Join(", ", tasks.Select(t => t.Task));
        var name = field.Value.Text(expected);
        return Array.Find(tasks, t => t.Task == name).Read ?? throw field.Value.Wrong(expected);
    }
}
