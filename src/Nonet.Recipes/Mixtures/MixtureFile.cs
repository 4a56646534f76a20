using Nonet.Data.Mixtures;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Mixtures;

/// <summary>Mixtures of instruction tasks in YAML: recipes/mixtures/*.yaml, or the key mixture of a recipe.</summary>
public static class MixtureFile
{
    const string Expected = "a mixture in YAML, such as those in recipes/mixtures/";

    /// <summary>Records with the values of keys that are left out.</summary>
    internal static IReadOnlyList<object> Templates { get; } =
    [
        new MixtureOptions { Name = "", Submixtures = [] }, new SubmixtureOptions { Name = "", Sources = [] }, new PromptTemplate(),
        new NaturalInstructionsSource { Path = "" }, new RecordsSource { Path = "" }, new EvaluationTaskSource { Task = "" }, new SymbolTaskSource(),
    ];

    internal static RecipeForm Form { get; } = new() { Called = "a mixture", Templates = Templates };

    /// <summary>Reads a file strictly: unknown keys are errors.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Settings as key=value, such as held_out_templates=2.</param>
    /// <exception cref="RecipeException">The file is invalid. The message names file, line and key.</exception>
    public static MixtureOptions Load(string path, params IEnumerable<string> overrides)
    {
        var source = RecipeSource.Load(path, Expected, overrides);
        if (!source.Root.ContainsKey(TaskKind.NameKey))
            source.Root.Add(TaskKind.NameKey, Path.GetFileNameWithoutExtension(path));
        var options = new RecipeReader(source, Form).Read(RecipeJson.TypeOf<MixtureOptions>());
        source.Check(options.Check);
        return options;
    }

    /// <summary>Reads the tasks of a mixture and computes its shares.</summary>
    /// <param name="options">The mixture.</param>
    /// <param name="library">Evaluation tasks to which the mixture may refer; null: those in the folder tasks/ beside data/.</param>
    /// <param name="data">Folder of the data; null: none.</param>
    /// <param name="beside">Folder of the mixture's own file; null: it has no file.</param>
    /// <param name="tokens">Counts the tokens of a text for the length limits; null: no limits.</param>
    public static InstructionMixture Open(MixtureOptions options, TaskLibrary? library = null, string? data = null, string? beside = null,
        Func<string, int>? tokens = null)
    {
        string[] folders = [.. new[] { beside, data, Directory.GetCurrentDirectory() }.Where(f => f is not null).Select(f => f!)];
        return new InstructionMixture(options, new MixtureReader(folders, new NamedTasks(library, data)).Read(options), tokens);
    }
}
