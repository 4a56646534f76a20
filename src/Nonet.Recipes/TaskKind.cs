using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nonet.Recipes.Alignment;
using Nonet.Recipes.FineTuning;
using Nonet.Recipes.Instructions;
using Nonet.Recipes.Masked;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Sequences;
using Nonet.Recipes.Translation;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;

namespace Nonet.Recipes;

/// <summary>
/// A kind of training: its name in the key <c>task</c>, the record of its recipes, and the functions that run them. Each kind creates a
/// <see cref="TaskKind{T}"/> in its own file.
/// </summary>
abstract class TaskKind
{
    internal const string TaskKey = "task", NameKey = "name";

    /// <summary>All kinds. A recipe without a task is of the first kind. Add a new kind here.</summary>
    public static IReadOnlyList<TaskKind> All { get; } =
    [
        Recipe.Kind,
        TranslationRecipe.Kind,
        MaskedRecipe.Kind,
        SequenceRecipe.Kind,
        .. FineTuneRecipe.Kinds,
        SftRecipe.Kind,
        PpoRecipe.Kind,
        DpoRecipe.Kind,
        GroupRecipe.Kind,
        RejectionRecipe.Kind,
    ];

    public required string Name { get; init; }

    /// <summary>The keys of the record that its recipes lack, and the values of keys that are left out.</summary>
    public required RecipeForm Form { get; init; }

    /// <summary>Metadata of the record and of the records in it.</summary>
    public required JsonSerializerContext Json { get; init; }

    /// <summary>Metadata of the record itself.</summary>
    public abstract JsonTypeInfo Type { get; }

    /// <summary>Kind of a recipe.</summary>
    public static TaskKind Of(IRecipe recipe) => All.First(k => k.Takes(recipe));

    /// <summary>Reads a recipe of the kind that its key task names, and checks it.</summary>
    public static IRecipe Read(RecipeSource source)
    {
        var kind = All[0];
        if (source.Root.TryGetPropertyValue(TaskKey, out var node))
        {
            kind = All.FirstOrDefault(k => node is JsonValue && k.Name == source.TextOf(TaskKey))
                ?? throw source.Wrong(TaskKey, node, string.Join(", ", All.Select(k => k.Name)));
            source.Root.Remove(TaskKey);
        }
        if (!source.Root.ContainsKey(NameKey))
            source.Root.Add(NameKey, Path.GetFileNameWithoutExtension(source.File));
        var recipe = kind.Read(new RecipeReader(source, kind.Form));
        source.Check(() => kind.Check(recipe));
        return recipe;
    }

    /// <summary>All keys of a recipe with their values.</summary>
    public JsonObject Write(IRecipe recipe)
    {
        var written = Form.Written(recipe, Type);
        written.Insert(0, TaskKey, Name);
        return written;
    }

    protected abstract bool Takes(IRecipe recipe);

    protected abstract IRecipe Read(RecipeReader reader);

    /// <summary>Throws an <see cref="ArgumentException"/> if the settings are inconsistent for any tokenizer.</summary>
    public abstract void Check(IRecipe recipe);

    /// <summary>The options, with a model that has as many ids as the tokenizer can have.</summary>
    public abstract TrainingOptions Sized(IRecipe recipe);

    /// <summary>The recipe as run, with the settings that depend on the machine.</summary>
    public abstract IRecipe Prepared(IRecipe recipe, IProgress<RunEvent>? progress);

    /// <summary>Recipe of a resumed run, with the machine-dependent settings that were chosen when the run began.</summary>
    public abstract IRecipe DividedAs(IRecipe recipe, IRecipe begun);

    /// <summary>Runs a recipe in a locked folder that contains it.</summary>
    public abstract TrainingResult Train(IRecipe recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping);

    /// <summary>
    /// Command that tries the trained model. RUN stands for the run folder, TEXT for <see cref="ExampleOf"/>, MASKED for the same text with
    /// a mask in it.
    /// </summary>
    public abstract string NextOf(IRecipe recipe);

    /// <summary>A few words of the data; null if it has none.</summary>
    public abstract string? ExampleOf(IRecipe recipe);
}

/// <summary>Runs a recipe in a locked folder that contains it.</summary>
delegate TrainingResult TrainFunction<in T>(T recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping);

/// <summary>A kind of training with recipes of type <typeparamref name="T"/>.</summary>
sealed class TaskKind<T> : TaskKind where T : class, IRecipe
{
    /// <summary>Selects the recipes of this kind if several kinds share the record.</summary>
    public Predicate<T> IsOwn { get; init; } = _ => true;

    /// <summary>Replaces null by values that follow from other settings.</summary>
    public Func<T, T> Complete { get; init; } = recipe => recipe;

    public required Action<T> Checks { get; init; }
    public required Func<T, TrainingOptions> Size { get; init; }
    public Func<T, IProgress<RunEvent>?, T> Prepare { get; init; } = (recipe, _) => recipe;
    public Func<T, T, T> Divide { get; init; } = (recipe, _) => recipe;
    public required TrainFunction<T> Run { get; init; }
    public required string Next { get; init; }

    /// <summary>The command for a recipe, if it is not the same for all; null: <see cref="Next"/>.</summary>
    public Func<T, string>? NextFor { get; init; }
    public required Func<T, string?> Example { get; init; }

    public override JsonTypeInfo Type => RecipeJson.TypeOf<T>();

    protected override bool Takes(IRecipe recipe) => recipe is T own && IsOwn(own);
    protected override IRecipe Read(RecipeReader reader) => Complete(reader.Read(RecipeJson.TypeOf<T>()));
    public override void Check(IRecipe recipe) => Checks((T)recipe);
    public override TrainingOptions Sized(IRecipe recipe) => Size((T)recipe);
    public override IRecipe Prepared(IRecipe recipe, IProgress<RunEvent>? progress) => Prepare((T)recipe, progress);
    public override IRecipe DividedAs(IRecipe recipe, IRecipe begun) => begun is T own ? Divide((T)recipe, own) : recipe;
    public override TrainingResult Train(IRecipe recipe, Device device, RunOptions where, IProgress<RunEvent>? progress, CancellationToken stopping) =>
        Run((T)recipe, device, where, progress, stopping);
    public override string NextOf(IRecipe recipe) => NextFor?.Invoke((T)recipe) ?? Next;
    public override string? ExampleOf(IRecipe recipe) => Example((T)recipe);
}
