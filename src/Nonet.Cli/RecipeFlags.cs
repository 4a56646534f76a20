using System.CommandLine;
using Nonet.Recipes;
using Nonet.Recipes.Runs;

namespace Nonet.Cli;

/// <summary>The argument and the options of a command that runs a recipe and can resume the run.</summary>
sealed class RecipeFlags
{
    readonly Argument<string> recipe;
    readonly Option<string[]> set;
    readonly Option<string?> output;
    readonly Option<bool> resume;
    readonly Option<bool> json = Flags.MakeJson();

    /// <param name="command">The command, which receives them.</param>
    /// <param name="recipe">Description of the argument.</param>
    /// <param name="example">An override, such as training.steps=100.</param>
    /// <param name="folder">Beginning of the description of --out, such as "Run folder".</param>
    /// <param name="resume">Description of --resume.</param>
    public RecipeFlags(Command command, string recipe, string example, string folder, string resume)
    {
        this.recipe = new("RECIPE.yaml") { Description = recipe };
        set = new("--set") { Description = $"Override a key of the recipe, such as {example}; repeatable.", HelpName = "KEY=VALUE" };
        output = new("--out")
        {
            Description = $"{folder}; by default runs/NAME, or the first of runs/NAME-2, -3, … that does not exist yet.",
            HelpName = "DIR",
        };
        this.resume = new("--resume") { Description = resume };
        command.Add(this.recipe);
        foreach (var option in new Option[] { set, output, this.resume, json })
            command.Add(option);
    }

    public string Recipe(ParseResult parsed) => parsed.GetRequiredValue(recipe);

    public string[] Overrides(ParseResult parsed) => parsed.GetValue(set) ?? [];

    public string? Folder(ParseResult parsed) => parsed.GetValue(output);

    public bool Resumes(ParseResult parsed) => parsed.GetValue(resume);

    public bool Json(ParseResult parsed) => parsed.GetValue(json);

    /// <summary>
    /// The recipe to run, and the folder of the run; null: a new folder. A resumed run uses the recipe in its folder, with the overrides of this command line.
    /// </summary>
    public (string Recipe, string? Folder) Place(ParseResult parsed, WorkFolder work)
    {
        var (file, folder) = (Recipe(parsed), Folder(parsed));
        if (!Resumes(parsed))
            return (file, folder);
        if (folder is null && work.Is(Path.GetDirectoryName(Path.GetFullPath(file))!))
            folder = Path.GetDirectoryName(file) is { Length: > 0 } beside ? beside : ".";
        folder ??= work.NewestUnfinished(TrainRecipe.PathOf(TrainingRecipe.NameOf(file, Overrides(parsed))));
        var own = Path.Combine(folder, work.RecipeFile);
        return (File.Exists(own) ? own : file, folder);
    }
}
