using System.Globalization;
using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Data.Mixtures;

/// <summary>
/// Examples-proportional shares: weights across the sub-mixtures, and within each in proportion to min(rows, cap), where the rows are those that fit the
/// limits. Raffel et al. 2020, section 3.5.2; Wei et al. 2021, section 2.1.
/// </summary>
static class MixtureRates
{
    /// <summary>The shares of all training tasks.</summary>
    /// <exception cref="MixtureException">The weights sum to nothing: nothing fits, or everything is held out.</exception>
    public static MixtureShare[] Of(MixtureOptions options, IReadOnlyList<IReadOnlyList<MixtureTask>> tasks, Func<string, int>? tokens)
    {
        var chosen = Chosen(options, tasks);
        var fitting = new List<MixtureShare>(); // without rates
        for (var s = 0; s < tasks.Count; s++)
        {
            var settled = options.Settled(options.Submixtures[s]);
            foreach (var task in tasks[s].Where(t => settled.Weight > 0 && chosen.Contains(t)))
            {
                var rows = Enumerable.Range(0, Math.Max(0, task.Rows.Count - options.HeldOutRows)).ToArray();
                int[] kept = [.. rows.Where(r => Fits(task, task.Rows[r], options, tokens))];
                fitting.Add(new MixtureShare(settled, task, kept, rows.Length - kept.Length, Phrasings(task, options.HeldOutTemplates), false, 0));
            }
        }
        var sums = fitting.GroupBy(s => s.Submixture).ToDictionary(g => g.Key, g => g.Sum(s => s.Counted * (1 + s.Settled.Inverted)));
        var weights = fitting.DistinctBy(s => s.Submixture).Where(s => sums[s.Submixture] > 0).Sum(s => s.Settled.Weight);
        if (!(weights > 0))
        {
            throw new MixtureException($"{options.Name}: the weights of the mixture sum to nothing: {Reasons(options, tasks, chosen, fitting)}; "
                + "expected a sub-mixture of a weight above 0 with a row to train on");
        }
        var shares = new List<MixtureShare>();
        foreach (var share in fitting.Where(s => s.Rows > 0))
        {
            var rate = share.Settled.Weight / weights * share.Counted / sums[share.Submixture];
            shares.Add(new MixtureShare(share.Settled, share.Task, share.Kept, share.TooLong, share.Phrasings, false, rate));
            if (share.Settled.Inverted > 0)
                shares.Add(new MixtureShare(share.Settled, share.Task, share.Kept, share.TooLong, share.Phrasings, true, rate * share.Settled.Inverted));
        }
        return [.. shares];
    }

    /// <summary>
    /// The training tasks: those outside the held-out clusters, or some of them, one of each cluster in turn. The seed determines the order of
    /// clusters and tasks, so a smaller choice is part of a larger one.
    /// </summary>
    static HashSet<MixtureTask> Chosen(MixtureOptions options, IReadOnlyList<IReadOnlyList<MixtureTask>> tasks)
    {
        var open = tasks.SelectMany(t => t).Where(t => !options.HeldOut.Contains(t.Cluster)).ToArray();
        if (options.Tasks is not { } wanted)
            return [.. open];
        var key = new RandomKey(options.Seed, 0, 0);
        uint Order(string name) => Philox.Word(key.At($"order of {name}"), 0);
        var turns = open.GroupBy(t => t.Cluster).OrderBy(g => Order(g.Key)).Select(g => new Queue<MixtureTask>(g.OrderBy(t => Order(t.Name)))).ToList();
        var chosen = new HashSet<MixtureTask>();
        while (turns.Count > 0)
        {
            foreach (var turn in turns.TakeWhile(_ => chosen.Count < wanted))
                chosen.Add(turn.Dequeue());
            if (chosen.Count >= wanted)
                break;
            turns.RemoveAll(t => t.Count == 0);
        }
        return chosen.Count == wanted ? chosen
            : throw new MixtureException(
            $"{options.Name}: tasks is {wanted}, but only {chosen.Count} tasks are outside the held-out clusters; expected at most that many");
    }

    internal static Phrasing[] Phrasings(MixtureTask task, int heldOut) => task.Templates.Count > heldOut
        ? [.. task.Templates.Take(task.Templates.Count - heldOut).Select((t, i) => new Phrasing(t, $"{task.Name}, template {i + 1}"))]
        : throw new MixtureException(
            $"{task.Name}: held_out_templates is {heldOut}, but the task has {task.Templates.Count} templates; expected at least one to train with");

    /// <summary>
    /// Whether a row fits the limits. Measured are its prompt without exemplars by the longest template, with its options listed, and its longest
    /// answer with the reasoning. Later draws do not matter, so a row either counts or does not.
    /// </summary>
    public static bool Fits(MixtureTask task, TaskRow row, MixtureOptions options, Func<string, int>? tokens)
    {
        var (input, target, _) = options.Limits;
        if (tokens is null || input is null && target is null)
            return true;
        var longest = new Phrasing(task.Templates.MaxBy(t => (t.Instruction?.Length ?? 0) + t.Question.Length)!, $"{task.Name}, longest template");
        var (question, answer) = longest.Ask(task, row, 0);
        if (row.Options.Count > 0)
            question = $"{question}\n{TemplateLibrary.Options[0].List(row.Options)}";
        if (row.Rationale is { } rationale)
            answer = Inversion.Reasoned(rationale, answer);
        return (input is null
            || tokens(PromptLayout.Of(new PromptParts(longest.Instruction(task, row), [], question, ""), TemplateLibrary.Styles[0], longest.IsWhole).Prompt)
            <= input)
            && (target is null || tokens(answer) <= target && row.Targets.All(t => tokens(t) <= target));
    }

    static string Reasons(MixtureOptions options, IReadOnlyList<IReadOnlyList<MixtureTask>> tasks, HashSet<MixtureTask> chosen, List<MixtureShare> fitting) =>
        string.Join(", ", options.Submixtures.Select((s, i) =>
        {
            var own = fitting.Where(f => f.Submixture == s.Name).ToArray();
            return string.Create(CultureInfo.InvariantCulture,
                $"{s.Name} (weight {options.Settled(s).Weight}) has {Counted.Of(tasks[i].Count, "task")}, "
                + $"{tasks[i].Count(t => options.HeldOut.Contains(t.Cluster))} held out, {tasks[i].Count(chosen.Contains)} to train on, "
                + $"with {Counted.Of(own.Sum(f => f.Rows), "row")} that fit and {own.Sum(f => f.TooLong)} too long");
        }));
}

/// <summary>A mixture that cannot be sampled: what was found and what was expected.</summary>
public sealed class MixtureException(string message) : FormatException(message);
