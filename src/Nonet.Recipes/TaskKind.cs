using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Translation;
using Nonet.Recipes.Yaml;
using Nonet.Text.Bpe;

namespace Nonet.Recipes;

/// <summary>A kind of training: its name in the key <c>task</c>, the record that its recipes are, and how they differ from the record's defaults.</summary>
sealed class TaskKind
{
    internal const string TaskKey = "task", NameKey = "name";
    const string OwnPace = "training.steps training.warmup training.evaluate_every training.save_every"; // epochs decide

    readonly Func<RecipeReader, TrainingRecipe> read;
    readonly Func<TrainingRecipe, JsonObject> write;

    TaskKind(string name, RecipeForm form, Type record, JsonTypeInfo type, Func<RecipeReader, TrainingRecipe> read, Func<TrainingRecipe, JsonObject> write) =>
        (Name, Form, Record, Type, this.read, this.write) = (name, form, record, type, read, write);

    /// <summary>All kinds; a recipe without a task is of the first.</summary>
    public static IReadOnlyList<TaskKind> All { get; } =
    [
        Of(Recipe.TaskName, RecipeJson.Default.Recipe, new RecipeForm { Task = Recipe.TaskName }),
        Of(TranslationRecipe.TaskName, RecipeJson.Default.TranslationRecipe, new RecipeForm
        {
            Task = TranslationRecipe.TaskName,
            Templates = [new BpeTrainerOptions { Special = ["</s>", "<pad>"], EndMark = true }], // targets end with a mark
        }),
        Of(MaskedRecipe.TaskName, RecipeJson.Default.MaskedRecipe, new RecipeForm { Task = MaskedRecipe.TaskName }),
        .. FineTuneRecipe.Tasks.Select(task => Of(task, RecipeJson.Default.FineTuneRecipe, new RecipeForm
        {
            Task = task,
            Without = [.. OwnPace.Split(' '), $"data.{FineTuneData.TaskKey}"],
            Kinds = new Dictionary<Type, string> { [typeof(FineTuneData)] = task },
        })),
    ];

    public string Name { get; }
    public RecipeForm Form { get; }
    public Type Record { get; }
    public JsonTypeInfo Type { get; }

    /// <summary>The kind that a recipe is of.</summary>
    public static TaskKind Of(TrainingRecipe recipe) => All.First(k => k.Record == recipe.GetType() && (recipe is not FineTuneRecipe tuning || k.Name == tuning.Task));

    /// <summary>Reads a recipe of the kind that its key task names, and checks it.</summary>
    public static TrainingRecipe Read(RecipeSource source)
    {
        var kind = All[0];
        if (source.Root.TryGetPropertyValue(TaskKey, out var node))
        {
            kind = All.FirstOrDefault(k => node is JsonValue && k.Name == source.TextOf(TaskKey)) ?? throw source.Wrong(TaskKey, node, string.Join(", ", All.Select(k => k.Name)));
            source.Root.Remove(TaskKey);
        }
        if (!source.Root.ContainsKey(NameKey))
            source.Root.Add(NameKey, Path.GetFileNameWithoutExtension(source.File));
        var recipe = kind.read(new RecipeReader(source, kind.Form)).Completed();
        source.Check(recipe.Check);
        return recipe;
    }

    /// <summary>Every key of a recipe with its value.</summary>
    public JsonObject Write(TrainingRecipe recipe) => write(recipe);

    static TaskKind Of<T>(string name, JsonTypeInfo<T> type, RecipeForm form) where T : TrainingRecipe => new(name, form, typeof(T), type, reader => reader.Read(type), recipe =>
    {
        var written = form.Written((T)recipe, type);
        written.Insert(0, TaskKey, name);
        return written;
    });
}
