using Nonet.Evaluation.Tasks;
using Nonet.Tensors;

namespace Nonet.Evaluation.Prompts;

/// <summary>An example as it stands in a prompt.</summary>
/// <param name="Prompt">The question.</param>
/// <param name="Target">Its answer.</param>
public readonly record struct Exemplar(string Prompt, string Target);

/// <summary>
/// Chooses the exemplars of an item. The choice is a pure function of seed and item, and the exemplars for fewer shots are the first of those for more. An
/// exemplar that asks the item's own question is left out.
/// </summary>
sealed class Exemplars
{
    readonly LoadedTask task;
    readonly ulong seed;
    readonly IReadOnlyList<TaskItem> pool;
    readonly Asked?[] rendered;
    readonly Dictionary<string, int[]> groups; // indices into the pool, by the value of the field that exemplars share with an item
    readonly string[]? answers;

    public Exemplars(LoadedTask task, ulong seed)
    {
        (this.task, this.seed) = (task, seed);
        pool = task.ExemplarItems.Count > 0 ? task.ExemplarItems : task.Items;
        rendered = new Asked?[pool.Count];
        groups = Enumerable.Range(0, pool.Count).GroupBy(i => Within(pool[i]), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        answers = task.Task.Exemplars.Choose == ExemplarChoice.Balanced ? [.. pool.Select(task.Templates.GoldOf)] : null;
    }

    /// <summary>Number of exemplars that were left out because they ask the item's own question, and that no other could replace.</summary>
    public int Dropped { get; private set; }

    /// <summary>The exemplars of an item.</summary>
    /// <exception cref="TaskException">The pool has fewer exemplars than <paramref name="shots"/>.</exception>
    public IReadOnlyList<Exemplar> Of(Asked asked, int shots)
    {
        if (shots == 0)
            return [];
        var members = groups.GetValueOrDefault(Within(asked.Item), []);
        var others = members.Length - (ReferenceEquals(pool, task.Items) ? 1 : 0); // an item is never its own exemplar
        if (others < shots)
            throw new TaskException(
                $"{task.Task.Name}: found {others} exemplars"
                + $"{(task.Task.Exemplars.Within is { } field ? $" with {field} {asked.Item.Text(field)}" : "")} "
                + $"for {shots} shots; expected --shots {others} at most");
        var key = new RandomKey(seed, (uint)asked.Item.Index, 0).At($"exemplars of {task.Task.Name}");
        var chosen = new List<Asked>(shots);
        foreach (var index in Order(members, key))
        {
            var one = rendered[index] ??= task.Templates.Ask(pool[index], asExemplar: true);
            if (ReferenceEquals(pool[index], asked.Item) || one.Prompt == asked.Prompt)
                continue;
            chosen.Add(one);
            if (chosen.Count == shots)
                break;
        }
        Dropped += shots - chosen.Count;
        return task.Task.Exemplars.ShuffleAnswers ? Shuffled(chosen, key.At("answers of exemplars"))
            : [.. chosen.Select(c => new Exemplar(c.Prompt, c.Target))];
    }

    IEnumerable<int> Order(int[] members, RandomKey key) => task.Task.Exemplars.Choose switch
    {
        ExemplarChoice.Fixed => members,
        ExemplarChoice.Balanced => InTurn(members, key),
        _ => Drawn([.. members], key),
    };

    /// <summary>Members in random order without repeats: a lazy Fisher-Yates shuffle.</summary>
    static IEnumerable<int> Drawn(int[] members, RandomKey key)
    {
        for (var i = 0; i < members.Length; i++)
        {
            var j = i + Philox.Below(key, (ulong)i, members.Length - i);
            (members[i], members[j]) = (members[j], members[i]);
            yield return members[i];
        }
    }

    /// <summary>Members with each right answer in turn, in a random order of the answers.</summary>
    IEnumerable<int> InTurn(int[] members, RandomKey key)
    {
        var byAnswer = members.GroupBy(i => answers![i], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).ToArray();
        var turns = Drawn([.. Enumerable.Range(0, byAnswer.Length)], key.At("order of answers"))
            .Select(g => new Queue<int>(Drawn([.. byAnswer[g]], key.At(byAnswer[g].Key)))).ToList();
        while (turns.Count > 0)
        {
            foreach (var turn in turns)
                yield return turn.Dequeue();
            turns.RemoveAll(t => t.Count == 0);
        }
    }

    Exemplar[] Shuffled(List<Asked> chosen, RandomKey key)
    {
        var order = Drawn([.. Enumerable.Range(0, chosen.Count)], key).ToArray();
        return [.. chosen.Select((c, i) => new Exemplar(c.Prompt, chosen[order[i]].Target))];
    }

    string Within(TaskItem item) => task.Task.Exemplars.Within is { } field
        ? item.Text(field) ?? throw new TaskException(
            $"{task.Task.Name}, exemplars.within: found no field '{field}' ({item.Place}); its fields are {string.Join(", ", item.Fields.Select(f => f.Key))}")
        : "";
}
