using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Evaluation.Tasks;
using Nonet.Evaluation.Tasks.Generated;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Evaluation;

/// <summary>
/// A task's file in YAML. The key <c>base</c> names a file in the same folder, whose keys apply if this file lacks them. <c>variants</c> is a list of names
/// with keys that replace the file's own: each gives a task FILE:NAME.
/// </summary>
sealed class TaskFile
{
    const string BaseKey = "base", VariantsKey = "variants", NameKey = "name", Expected = "a task in YAML, such as those in tasks/";

    static readonly RecipeForm form = new()
    {
        Called = "a task",
        Templates =
        [
            new EvaluationTask { Name = "", Kind = EvaluationKind.Generation, Source = new TaskSource() }, new TaskSource(), new ExemplarOptions(),
            new AnswerOptions(),
            new ItemGenerator { Family = ItemFamily.Addition }, new DerivedField { Name = "", Value = "" }, new WrittenExemplar { Question = "", Answer = "" },
        ],
    };

    readonly RecipeSource source;
    readonly List<(string Name, string Section, JsonObject Keys)> variants = [];

    TaskFile(RecipeSource source, string path)
    {
        (FilePath, Name) = (path, Path.GetFileNameWithoutExtension(path));
        var given = source.Root.TryGetPropertyValue(VariantsKey, out var list) ? list : null;
        this.source = source;
        for (var i = 0; i < (given as JsonArray)?.Count; i++)
        {
            var section = string.Create(CultureInfo.InvariantCulture, $"{VariantsKey}.{i}");
            if (given[i] is not JsonObject keys || source.TextOf($"{section}.{NameKey}") is not { Length: > 0 } name)
                throw source.Wrong(section, given[i], "keys and values, name among them");
            if (variants.Any(v => v.Name == name))
                throw source.Wrong($"{section}.{NameKey}", keys[NameKey], "a name that no other variant has");
            variants.Add((name, section, keys));
        }
        if (given is not (null or JsonArray))
            throw source.Wrong(VariantsKey, given, "a list of variants");
        source.Root.Remove(VariantsKey);
        if (!source.Root.ContainsKey(NameKey))
            source.Root.Add(NameKey, Name);
    }

    /// <summary>Path of the file.</summary>
    public string FilePath { get; }

    /// <summary>Name of the file without its extension.</summary>
    public string Name { get; }

    /// <summary>Names of the variants.</summary>
    public IReadOnlyList<string> Variants => [.. variants.Select(v => v.Name)];

    /// <summary>Reads a file.</summary>
    /// <exception cref="RecipeException">The file is invalid. The message names file, line and key.</exception>
    public static TaskFile Load(string path) => new(Read(path, mayHaveBase: true), path);

    /// <summary>The task, or one of its variants.</summary>
    /// <param name="variant">Name of a variant; null: the task itself.</param>
    public EvaluationTask Task(string? variant = null)
    {
        var file = source;
        if (variant is not null)
        {
            var found = variants.Find(v => v.Name == variant);
            if (found.Name is null)
            {
                throw new RecipeException(
                    $"{FilePath}: found no variant '{variant}'; expected "
                    + $"{(variants.Count == 0 ? $"{Name}, which has none" : $"one of {string.Join(", ", Variants)}")}"
                    + (Nearest.Of(variant, [.. Variants]) is { } nearest ? $"; the nearest is {nearest}" : ""));
            }
            file = source.With(found.Section, found.Keys);
        }
        var task = new RecipeReader(file, form).Read(RecipeJson.TypeOf<EvaluationTask>());
        if (variant is not null)
            task = task with { Name = $"{source.TextOf(NameKey) ?? Name}:{variant}" };
        file.Check(task.Check);
        return task;
    }

    static RecipeSource Read(string path, bool mayHaveBase)
    {
        var file = RecipeSource.Load(path, Expected, []);
        if (!file.Root.TryGetPropertyValue(BaseKey, out var node))
            return file;
        if (!mayHaveBase)
            throw file.Wrong(BaseKey, node, "no base: the file is a base itself");
        var below = file.TextOf(BaseKey) is { } name && Path.Combine(Path.GetDirectoryName(path)!, name) is var there && File.Exists(there) ? there
            : throw file.Wrong(BaseKey, node, "the path of a task's file, from the folder of this one");
        file.Root.Remove(BaseKey);
        return file.Over(Read(below, mayHaveBase: false));
    }
}
