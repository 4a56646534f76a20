using Nonet.Data;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Runs;

/// <summary>Items of a task that a corpus contains.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Items">Number of items that are long enough for the search.</param>
/// <param name="Short">Number of items with fewer words than an n-gram, for which there is no search.</param>
/// <param name="Hits">Places of the items that share an n-gram with the corpus, each with the first shared n-gram.</param>
public sealed record ContaminationResult(string Task, int Items, int Short, IReadOnlyList<(string Place, string Shared)> Hits);

/// <summary>
/// Searches a training corpus for the items of tasks. An item counts as seen if it shares 13 consecutive words with the corpus, in lower case and without
/// punctuation. Brown et al. 2020, appendix C.
/// </summary>
public static class Contamination
{
    /// <summary>Number of words in an n-gram.</summary>
    public const int Length = 13;

    /// <summary>Searches the documents once for all tasks.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="documents">The corpus.</param>
    /// <param name="stopping">Cancels the search.</param>
    public static IReadOnlyList<ContaminationResult> Search(IReadOnlyList<LoadedTask> tasks, IEnumerable<string> documents,
        CancellationToken stopping = default)
    {
        var wanted = new Dictionary<ulong, List<(int Task, int Item)>>();
        var found = tasks.Select(t => new string?[t.Items.Count]).ToArray();
        var tooShort = new int[tasks.Count];
        for (var t = 0; t < tasks.Count; t++)
        {
            for (var i = 0; i < tasks[t].Items.Count; i++)
            {
                var words = WordGrams.Words(TextOf(tasks[t], tasks[t].Items[i]));
                if (words.Length < Length)
                    tooShort[t]++;
                foreach (var (hash, _) in WordGrams.Of(words, Length))
                {
                    if (!wanted.TryGetValue(hash, out var owners))
                        wanted.Add(hash, owners = []);
                    if (owners.Count == 0 || owners[^1] != (t, i))
                        owners.Add((t, i));
                }
            }
        }
        foreach (var document in documents)
        {
            stopping.ThrowIfCancellationRequested();
            var words = WordGrams.Words(document);
            foreach (var (hash, start) in WordGrams.Of(words, Length))
            {
                if (wanted.TryGetValue(hash, out var owners))
                {
                    foreach (var (t, i) in owners)
                        found[t][i] ??= string.Join(' ', words, start, Length);
                }
            }
        }
        return [.. tasks.Select((task, t) => new ContaminationResult(task.Task.Name, task.Items.Count - tooShort[t], tooShort[t],
            [.. task.Items.Select((item, i) => (item.Place, found[t][i]!)).Where(hit => hit.Item2 is not null)]))];
    }

    /// <summary>Question and right answer.</summary>
    static string TextOf(LoadedTask task, TaskItem item)
    {
        var asked = task.Templates.Ask(item);
        return $"{asked.Prompt} {asked.Gold ?? asked.Target}";
    }
}
