using System.Text.Json.Nodes;
using Nonet.Data.Instructions;
using Nonet.Tensors;

namespace Nonet.Data.Mixtures;

/// <summary>What an evaluation of a mixture measures.</summary>
public enum MixtureSplit
{
    /// <summary>Tasks of held-out clusters, with the phrasings that training uses for others.</summary>
    HeldOutClusters,

    /// <summary>Held-out rows of tasks that were trained on, with phrasings that were trained on.</summary>
    SeenTasks,

    /// <summary>The same rows with held-out phrasings.</summary>
    HeldOutPhrasings,

    /// <summary>Held-out rows of tasks that were trained on and have a reasoning, with a request for it.</summary>
    SeenReasoning,

    /// <summary>Tasks of held-out clusters that have a reasoning, with a request for it.</summary>
    HeldOutReasoning,
}

/// <summary>
/// Rows of a mixture that training never uses, phrased for evaluation. The labels are those of the first style; the template is drawn for each item.
/// </summary>
public static class MixtureItems
{
    /// <summary>The items of a split as examples without exemplars.</summary>
    /// <param name="mixture">The mixture.</param>
    /// <param name="split">What is measured.</param>
    /// <param name="limit">Items of a task at most.</param>
    public static IEnumerable<InstructionExample> Examples(InstructionMixture mixture, MixtureSplit split, int limit) =>
        Of(mixture, split, limit).Select((item, i) =>
    {
        string Text(string field) => item[field]!.GetValue<string>();
        var prompt = Text("instruction") is { Length: > 0 } instruction ? $"{instruction}{TemplateLibrary.Styles[0].Head}{Text("question")}" : Text("question");
        return InstructionExample.Text(prompt, Text("answer"), new ExamplePlace(Text("task"), $"item {i + 1}"));
    });

    /// <summary>The items of a split; empty if the mixture holds out none. Fields: task, cluster, instruction, question, answer, answers, options.</summary>
    /// <param name="mixture">The mixture.</param>
    /// <param name="split">What is measured.</param>
    /// <param name="limit">Items of a task at most.</param>
    public static IEnumerable<JsonObject> Of(InstructionMixture mixture, MixtureSplit split, int limit)
    {
        var options = mixture.Options;
        var style = TemplateLibrary.Styles[0];
        var key = new RandomKey(options.Seed, 0, 0).At("phrasings of items");
        var isHeldOut = split is MixtureSplit.HeldOutClusters or MixtureSplit.HeldOutReasoning;
        var withReasoning = split is MixtureSplit.SeenReasoning or MixtureSplit.HeldOutReasoning;
        var tasks = isHeldOut ? mixture.HeldOutTasks : [.. mixture.Shares.Where(s => !s.Inverted).Select(s => s.Task)];
        var number = 0UL;
        foreach (var task in tasks)
        {
            var first = isHeldOut ? 0 : Math.Max(0, task.Rows.Count - options.HeldOutRows);
            var seen = Math.Max(1, task.Templates.Count - options.HeldOutTemplates);
            var (from, count) = split == MixtureSplit.HeldOutPhrasings ? (seen, task.Templates.Count - seen) : (0, seen);
            if (count <= 0)
                continue;
            Phrasing[] phrasings = [.. task.Templates.Skip(from).Take(count).Select((t, i) => new Phrasing(t, $"{task.Name}, template {from + i + 1}"))];
            var rows = Enumerable.Range(first, task.Rows.Count - first)
                .Where(r => (!withReasoning || task.Rows[r].Rationale is not null) && mixture.Fits(task, task.Rows[r])).Take(limit).Select(r => task.Rows[r]);
            foreach (var row in rows)
            {
                var phrasing = phrasings[Philox.Below(key, number++, phrasings.Length)];
                var (question, answer) = phrasing.Ask(task, row, 0);
                if (row.Options.Count > 0)
                    question = $"{question}\n{TemplateLibrary.Options[0].List(row.Options)}";
                if (withReasoning)
                    (question, answer) = ($"{question}\n{TemplateLibrary.Cues[0]}", Inversion.Reasoned(row.Rationale!, answer));
                var (prompt, completion) = PromptLayout.Of(new PromptParts(null, [], question, answer), style, phrasing.IsWhole);
                var instruction = options.ShuffleInstructions ? mixture.OtherInstruction(number) : phrasing.Instruction(task, row);
                yield return new JsonObject
                {
                    ["task"] = task.Name,
                    ["cluster"] = task.Cluster,
                    ["instruction"] = instruction ?? "",
                    ["question"] = prompt,
                    ["answer"] = completion,
                    ["answers"] = new JsonArray([.. row.Targets.Select(t => (JsonNode)phrasing.Ask(task, row with { Targets = [t] }, 0).Answer)]),
                    ["options"] = row.Options.Count,
                };
            }
        }
    }
}
