using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Data.Mixtures;
using Nonet.Evaluation.Tasks;
using Nonet.Files;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Mixtures;

/// <summary>
/// Writes the held-out parts of a mixture as tasks for nonet eval: a file of items and a task for each split. The exemplars of an item come from its own task.
/// </summary>
public static class MixtureTasks
{
    const int MostTokens = 128;

    /// <summary>Matches the answer after the reasoning, or the whole text if the model gives no reasoning.</summary>
    const string AfterReasoning = @"^(?:.*The answer is)?\s*(.+?)\.?\s*$";

    static readonly JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the splits that the mixture has.</summary>
    /// <param name="mixture">The mixture.</param>
    /// <param name="folder">Folder to write to.</param>
    /// <param name="limit">Maximum number of items per task.</param>
    /// <returns>Paths of the task files.</returns>
    public static IReadOnlyList<string> Write(InstructionMixture mixture, string folder, int limit)
    {
        Directory.CreateDirectory(folder);
        var written = new List<string>();
        foreach (var (split, name, about) in new[]
        {
            (MixtureSplit.HeldOutClusters, "held-out", "tasks of clusters that are never trained on"),
            (MixtureSplit.SeenTasks, "seen", "held-out rows of tasks that are trained on"),
            (MixtureSplit.HeldOutPhrasings, "phrasings", "held-out rows, asked in phrasings that are never trained on"),
            (MixtureSplit.SeenReasoning, "seen-reasoning", "held-out rows of tasks that are trained on, with a request for the reasoning"),
            (MixtureSplit.HeldOutReasoning, "held-out-reasoning", "tasks of clusters that are never trained on, with a request for the reasoning"),
        })
        {
            JsonObject[] items = [.. MixtureItems.Of(mixture, split, limit)];
            if (items.Length == 0)
                continue;
            AtomicFile.WriteText(Path.Combine(folder, $"{name}.jsonl"), string.Concat(items.Select(i => i.ToJsonString(plain) + "\n")));
            var path = Path.Combine(folder, $"{name}.yaml");
            var task = Task($"{mixture.Options.Name}-{name}", $"{mixture.Options.Name}: {about}.", $"{name}.jsonl", items);
            AtomicFile.WriteText(path, YamlText.Of((JsonObject)JsonSerializer.SerializeToNode(task, RecipeJson.TypeOf<EvaluationTask>())!));
            written.Add(path);
        }
        return written;
    }

    static EvaluationTask Task(string name, string about, string file, JsonObject[] items)
    {
        var answers = items.SelectMany(i => i["answers"]!.AsArray()).Select(a => a!.GetValue<string>()).ToArray();
        var isOfLines = answers.Any(a => a.Contains('\n', StringComparison.Ordinal)); // an answer then has several lines, and lines cannot separate answers
        var chance = items.Average(i => i["options"]!.GetValue<int>() is > 0 and var options ? 1.0 / options : 0);
        return new EvaluationTask
        {
            Name = name,
            About = about,
            Kind = EvaluationKind.Generation,
            Source = new TaskSource { Test = file },
            Instruction = "{{ instruction }}",
            Prompt = "{{ question }}",
            Target = "{{ answer }}",
            Gold = "{{ answers[0] }}",
            Aliases = isOfLines ? null : "{{ answers | join('\\n') }}",
            Exemplars = new ExemplarOptions { Within = "task" },
            Answer = items[0]["answer"]!.GetValue<string>().TrimStart() == items[0]["answers"]![0]!.GetValue<string>() ? new AnswerOptions()
                : new AnswerOptions { Pattern = AfterReasoning },
            Stop = isOfLines ? ["\n\n"] : ["\n"],
            MaxTokens = Math.Clamp(items.Max(i => Encoding.UTF8.GetByteCount(i["answer"]!.GetValue<string>())) + 2, 8, MostTokens),
            Metrics = ["exact_match", "rouge_l"],
            Chance = chance > 0 ? chance : null,
        };
    }
}
