using System.Globalization;
using System.Runtime.ExceptionServices;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Evaluation.Tasks;

namespace Nonet.Evaluation.Runs;

/// <summary>
/// Converts the items of a task to prompts and requests. A prompt that does not fit the model's context loses whole exemplars, the first ones first. A prompt
/// that ends in a space and an empty continuation are errors that name the item.
/// </summary>
public sealed class Preparation
{
    const int ItemsAtOnce = 256;

    readonly ITextModel? model;
    readonly IScoringModel? scoring;
    readonly LoadedTask task;
    readonly EvaluationOptions options;
    readonly Exemplars exemplars;
    readonly int shots;

    /// <param name="model">The model; null: prompts are made without ids.</param>
    /// <param name="task">The task.</param>
    /// <param name="shots">Number of exemplars per prompt.</param>
    /// <param name="options">Seed and limit.</param>
    public Preparation(ITextModel? model, LoadedTask task, int shots, EvaluationOptions options)
    {
        (this.model, scoring, this.task, this.shots, this.options) = (model, model as IScoringModel, task, shots, options);
        if (model is not null and not IScoringModel && task.Task.Kind != EvaluationKind.Generation)
            throw new TaskException(
                $"{task.Task.Name}: its kind needs the probabilities of tokens, which {model.Name} does not give; expected a task of kind generation, or a "
                + $"model that is computed here");
        exemplars = new Exemplars(task, options.Seed);
    }

    /// <summary>Number of items that were left out because their prompt does not fit.</summary>
    public int TooLong { get; private set; }

    /// <summary>Number of exemplars that were left out because they ask the item's own question.</summary>
    public int Equal => exemplars.Dropped;

    /// <summary>Number of exemplars that were left out because the context has no room for them.</summary>
    public long Cut { get; private set; }

    /// <summary>The items to score: all, or as many as the limit allows, spread evenly.</summary>
    public IEnumerable<TaskItem> Chosen => options.Limit is { } limit && limit < task.Items.Count
        ? Enumerable.Range(0, limit).Select(i => task.Items[(int)((long)i * task.Items.Count / limit)]) : task.Items;

    /// <summary>Prepares the chosen items, in their order.</summary>
    internal IEnumerable<PreparedItem> Items()
    {
        foreach (var block in Chosen.Chunk(ItemsAtOnce))
        {
            var asked = AtOnce(block, item => task.Templates.Ask(item));
            var laid = block.Select((item, i) => LayOut(item, asked(i))).ToArray(); // sequential, because exemplars may be items of the block
            var fitted = AtOnce(laid, Fit);
            for (var i = 0; i < laid.Length; i++)
            {
                if (fitted(i) is { } prepared)
                {
                    Cut += prepared.Cut;
                    yield return prepared;
                }
                else
                    TooLong++;
            }
        }
    }

    /// <summary>Applies a function to several items in parallel. An error is thrown when the caller asks for that item's result.</summary>
    static Func<int, TResult> AtOnce<T, TResult>(T[] items, Func<T, TResult> make)
    {
        var (results, faults) = (new TResult[items.Length], new ExceptionDispatchInfo?[items.Length]);
        Parallel.For(0, items.Length, i =>
        {
            try
            {
                results[i] = make(items[i]);
            }
            catch (Exception e)
            {
                faults[i] = ExceptionDispatchInfo.Capture(e);
            }
        });
        return i =>
        {
            faults[i]?.Throw();
            return results[i];
        };
    }

    /// <summary>The whole prompts, in the order of the items.</summary>
    public IEnumerable<string> Prompts() => Items().Select(i => i.Prompt.Text);

    /// <summary>The prompts as readable texts. With <paramref name="ids"/> and a model that has ids, also the ids, with the scored ones marked.</summary>
    public IEnumerable<string> Show(bool ids)
    {
        foreach (var item in Items())
        {
            var head = $"=== {task.Task.Name}, {shots} shots, {item.Asked.Item.Place}{(item.Cut > 0 ? $", {item.Cut} exemplars cut" : "")}";
            if (item.Scored.Count == 0)
            {
                var text = item.Prompt.Text;
                yield return $"{head}\n{text}⟧{(item.Asked.Gold is { } gold ? $"\n--- right: {gold}" : "")}"
                    + $"{(ids && scoring is not null ? "\n" + Marked(scoring.Encode(item.Prompt), []) : "")}";
                continue;
            }
            var choices = item.Scored.Select((s, i) =>
                $"{(item.Asked.Right == i ? "*" : " ")} ⟦{s.Text}⟧" + (ids ? $"\n  {Marked(s.Request.Context, s.Request.Continuation)}" : ""));
            yield return $"{head}\n{item.Prompt.Text}⟧\n{string.Join('\n', choices)}";
        }
    }

    static string Marked(int[] context, int[] scored) =>
        string.Join(' ',
            context.Select(i => i.ToString(CultureInfo.InvariantCulture)).Concat(scored.Select(i => string.Create(CultureInfo.InvariantCulture, $"[{i}]"))));

    /// <summary>The texts of an item, with all exemplars.</summary>
    LaidOut LayOut(TaskItem item, Asked asked)
    {
        var full = new ModelPrompt(task.Templates.Instruction(item), exemplars.Of(asked, shots), asked.Prompt, task.Task.Separator);
        Check(asked, full);
        var isPerplexity = task.Task.Kind == EvaluationKind.Perplexity;
        return new LaidOut(asked, full, isPerplexity || scoring is null ? null : task.Templates.Unconditional(item),
            isPerplexity ? null : task.Templates.Today(item));
    }

    /// <summary>
    /// Encodes an item with as many exemplars as fit; null if even its question does not fit. Encoding dominates the time, so it runs in parallel.
    /// </summary>
    PreparedItem? Fit(LaidOut item)
    {
        var (asked, full) = (item.Asked, item.Prompt);
        if (task.Task.Kind == EvaluationKind.Perplexity)
            return new PreparedItem(asked, full, 0) { Windows = scoring?.EncodeWindows(asked.Target) ?? [] };
        if (scoring is null)
            return new PreparedItem(asked, full, 0) { Today = item.Today };
        for (var kept = full.Exemplars.Count; ; kept--)
        {
            var prompt = full.WithLast(kept);
            var scored = Scored(item, prompt);
            var needed = scored.Length > 0 ? scored.Max(s => s.Request.Context.Length + s.Request.Continuation.Length) : scoring.Encode(prompt).Length + 1;
            if (needed <= scoring.Context)
            {
                var cut = full.Exemplars.Count - kept;
                if (cut > 0 && kept == 0 && !options.SkipLong)
                    throw TooLarge(asked, needed: Needed(item, full.WithLast(1)), "one exemplar",
                        "a smaller --shots, a model of a longer context, or --skip-long");
                if (cut > 0 && kept == 0)
                    return null;
                return new PreparedItem(asked, prompt, cut) { Scored = scored, Today = item.Today };
            }
            if (kept > 0)
                continue;
            if (options.SkipLong)
                return null;
            throw TooLarge(asked, needed, "its question", "a model of a longer context, or --skip-long, which leaves such items out and counts them");
        }
    }

    int Needed(LaidOut item, ModelPrompt prompt) =>
        Scored(item, prompt) is { Length: > 0 } scored ? scored.Max(s => s.Request.Context.Length + s.Request.Continuation.Length)
        : scoring!.Encode(prompt).Length + 1;

    TaskException TooLarge(Asked asked, int needed, string what, string remedy) => new(string.Create(CultureInfo.InvariantCulture,
        $"{task.Task.Name}: the prompt with {what} takes {needed:N0} tokens ({asked.Item.Place}), and the context of {model!.Name} is "
            + $"{scoring!.Context:N0}; expected {remedy}"));

    void Check(Asked asked, ModelPrompt prompt)
    {
        if (task.Task.Kind != EvaluationKind.Perplexity && prompt.Text.EndsWith(' '))
            throw new TaskException(
                $"{task.Task.Name}: the prompt ends in a blank ({asked.Item.Place}), which leaves the answer to tokens that begin without one; expected the "
                + $"blank in the target or the choice");
        IEnumerable<string> scored = task.Task.Kind switch
        {
            EvaluationKind.MultipleChoice => asked.Choices.Select(c => c.Continuation),
            EvaluationKind.Generation => [],
            _ => [asked.Target],
        };
        if (scored.Any(string.IsNullOrWhiteSpace))
            throw new TaskException($"{task.Task.Name}: a continuation is empty ({asked.Item.Place}); expected text that can be scored");
    }

    ScoredText[] Scored(LaidOut item, ModelPrompt prompt) => task.Task.Kind switch
    {
        // choices after the same prompt are encoded together; in partial evaluation each choice has its own prompt
        EvaluationKind.MultipleChoice => [.. item.Asked.Choices.Select((choice, i) => (choice, i)).GroupBy(c => c.choice.Prompt, StringComparer.Ordinal)
            .SelectMany(group => group.Zip(Scored(item, prompt with { Question = group.Key }, [.. group.Select(c => c.choice.Continuation)])))
            .OrderBy(c => c.First.i).Select(c => c.Second)],
        EvaluationKind.LogLikelihood => Scored(item, prompt, [item.Asked.Target]),
        _ => [],
    };

    ScoredText[] Scored(LaidOut item, ModelPrompt prompt, string[] continuations)
    {
        var conditional = scoring!.Encode(prompt, continuations);
        var unconditional = item.Unconditional is { } text ? scoring.Encode(new ModelPrompt(null, [], text, ""), continuations) : null;
        return [.. continuations.Select((continuation, i) => new ScoredText(continuation, conditional[i], unconditional?[i]))];
    }

    /// <summary>An item as texts.</summary>
    sealed record LaidOut(Asked Asked, ModelPrompt Prompt, string? Unconditional, DateOnly? Today);
}
