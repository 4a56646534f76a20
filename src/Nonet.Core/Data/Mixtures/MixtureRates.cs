using System.Globalization;
using Nonet.Tensors;

namespace Nonet.Data.Mixtures;

/// <summary>
/// Examples-proportional shares: weights across the sub-mixtures, and within each in proportion to min(rows, cap), where the rows are those that fit the
/// limits. Raffel et al. 2020, section 3.5.2; Wei et al. 2021, section 2.1.
/// </summary>
static class MixtureRates
{
    /// <summary>The shares of all tasks that are trained on.</summary>
    /// <exception cref="MixtureException">The weights sum to nothing: nothing fits, or everything is held out.</exception>
    public static MixtureShare[] Of(MixtureOptions options, IReadOnlyList<IReadOnlyList<MixtureTask>> tasks, Func<string, int>? tokens)
    {
        var chosen = Chosen(options, tasks);
        var shares = new List<(SettledSubmixture Settled, MixtureTask Task, int[] Kept, int TooLong, Phrasing[] Phrasings)>();
        for (var s = 0; s < tasks.Count; s++)
        {
            var settled = options.Settled(options.Submixtures[s]);
            foreach (var task in tasks[s].Where(t => settled.Weight > 0 && chosen.Contains(t)))
            {
                var phrasings = Phrasings(task, options.HeldOutTemplates);
                var rows = Enumerable.Range(0, Math.Max(0, task.Rows.Count - options.HeldOutRows)).ToArray();
                int[] kept = [.. rows.Where(r => Fits(task, task.Rows[r], options, tokens))];
                shares.Add((settled, task, kept, rows.Length - kept.Length, phrasings));
            }
        }
        double Counted((SettledSubmixture Settled, MixtureTask Task, int[] Kept, int TooLong, Phrasing[] Phrasings) s) =>
            Math.Min(s.Kept.Length, s.Settled.Cap ?? int.MaxValue);
        var sums = shares.GroupBy(s => s.Settled.Options.Name).ToDictionary(g => g.Key, g => g.Sum(s => Counted(s) * (1 + s.Settled.Inverted)));
        var weights = shares.Select(s => s.Settled).DistinctBy(s => s.Options.Name).Where(s => sums[s.Options.Name] > 0).Sum(s => s.Weight);
        if (!(weights > 0))
            throw new MixtureException(
                $"{options.Name}: the weights of the mixture sum to nothing: "
                + $"{Reasons(options, tasks, chosen, [.. shares.Select(s => (s.Settled.Options.Name, s.Kept.Length, s.TooLong))])}; expected a sub-mixture "
                + $"of a weight above 0 with a row to train on");
        var result = new List<MixtureShare>();
        foreach (var share in shares.Where(s => s.Kept.Length > 0))
        {
            var rate = share.Settled.Weight / weights * Counted(share) / sums[share.Settled.Options.Name];
            var straight = new MixtureShare
            {
                Submixture = share.Settled.Options.Name,
                Task = share.Task,
                Rows = share.Kept.Length,
                TooLong = share.TooLong,
                Counted = (int)Counted(share),
                Rate = rate,
                Kept = share.Kept,
                Phrasings = share.Phrasings,
                Settled = share.Settled,
            };
            result.Add(straight);
            if (share.Settled.Inverted > 0)
                result.Add(straight with { Inverted = true, Rate = rate * share.Settled.Inverted });
        }
        return [.. result];
    }

    /// <summary>
    /// The tasks that are trained on: those outside the held-out clusters, or some of them, one of each cluster in turn. Clusters and tasks have an order that
    /// the seed decides, so a smaller choice is a part of a larger one.
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
            $"{options.Name}: tasks is {wanted}, but {chosen.Count} tasks are outside the held-out clusters; expected at most so many");
    }

    internal static Phrasing[] Phrasings(MixtureTask task, int heldOut) => task.Templates.Count > heldOut
        ? [.. task.Templates.Take(task.Templates.Count - heldOut).Select((t, i) => new Phrasing(t, $"{task.Name}, template {i + 1}"))]
        : throw new MixtureException(
            $"{task.Name}: held_out_templates is {heldOut}, but the task has {task.Templates.Count} templates; expected at least one to train with");

    /// <summary>
    /// Whether a row's prompt without exemplars fits by the longest template, with its options listed, and its longest answer, with the reasoning. What is
    /// drawn later does not matter, so a row either counts or does not.
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

    static string Reasons(MixtureOptions options, IReadOnlyList<IReadOnlyList<MixtureTask>> tasks, HashSet<MixtureTask> chosen,
        (string Submixture, int Kept, int TooLong)[] shares) =>
        string.Join(", ", options.Submixtures.Select((s, i) => string.Create(CultureInfo.InvariantCulture,
            $"{s.Name} (weight {options.Settled(s).Weight}) has {tasks[i].Count} task(s), {tasks[i].Count(t => options.HeldOut.Contains(t.Cluster))} held "
                + $"out, {tasks[i].Count(chosen.Contains)} to train on, with {shares.Where(x => x.Submixture == s.Name).Sum(x => x.Kept)} row(s) that fit "
                + $"and {shares.Where(x => x.Submixture == s.Name).Sum(x => x.TooLong)} that are too long")));
}

/// <summary>A mixture that cannot be sampled: what was found and what was expected.</summary>
public sealed class MixtureException(string message) : FormatException(message);
