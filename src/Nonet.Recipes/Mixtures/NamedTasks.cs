using System.Text.Json.Nodes;
using Nonet.Data.Mixtures;
using Nonet.Evaluation.Tasks;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Mixtures;

/// <summary>Evaluation tasks by name, and promptsource's templates.yaml.</summary>
/// <param name="library">The evaluation tasks; null: those in the folder tasks/ beside data/.</param>
/// <param name="data">Folder of the data; null: none.</param>
sealed class NamedTasks(TaskLibrary? library, string? data) : IMixtureTasks
{
    const string Expected = "a templates.yaml of promptsource: templates, each with a key jinja";

    public MixtureTask EvaluationTask(EvaluationTaskSource source)
    {
        var (task, folder) = (library ?? new TaskLibrary(Path.Combine(Path.GetDirectoryName(DataFolder.Find())!, "tasks"))).Open(source.Task);
        return TrainingItems.Of(LoadedTask.Read(task, new TaskFolders(data, folder)), source);
    }

    /// <summary>
    /// The templates of a file, by id; those that give no answer are left out. Question and answer are one template, separated by |||.
    /// https://github.com/bigscience-workshop/promptsource
    /// </summary>
    public IReadOnlyList<PromptTemplate> Promptsource(string path)
    {
        var file = RecipeSource.Load(path, Expected, []);
        if (!file.Root.TryGetPropertyValue("templates", out var node) || node is not JsonObject { Count: > 0 } templates)
            throw file.Wrong("templates", node, Expected);
        var read = new List<PromptTemplate>();
        foreach (var (id, one) in templates)
        {
            var key = $"templates.{id}.jinja";
            if (one is not JsonObject || file.TextOf(key) is not { } jinja)
                throw file.Wrong($"templates.{id}", one, "a template with a key jinja");
            var parts = jinja.Split("|||");
            if (parts.Length > 2)
                throw file.Wrong(key, one["jinja"], "a question and an answer, separated by one |||");
            if (parts.Length == 2 && parts[1].Trim().Length > 0)
                read.Add(new PromptTemplate
                {
                    Question = parts[0].Trim(),
                    Answer = parts[1].Trim(),
                    AnswerChoices = file.TextOf($"templates.{id}.answer_choices") is { Length: > 0 } choices and not "null" ? choices : null,
                    Whole = true
                });
        }
        return read.Count > 0 ? read : throw file.Wrong("templates", templates, "at least one template whose jinja holds an answer after |||");
    }
}
