using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>The templates of a task, parsed once.</summary>
sealed class TaskTemplates
{
    readonly EvaluationTask task;
    readonly TaskTemplate? target, gold, unconditional, aliases, instruction, today, kept;
    readonly TaskTemplate prompt, choice;
    readonly TaskTemplate[] choices;

    public TaskTemplates(EvaluationTask task)
    {
        this.task = task;
        prompt = Parse(task.Prompt, "prompt");
        choice = Parse(task.Choice, "choice");
        (target, gold, unconditional, aliases) =
            (Optional(task.Target, "target"), Optional(task.Gold, "gold"), Optional(task.UnconditionalPrompt, "unconditional_prompt"),
            Optional(task.Aliases, "aliases"));
        (instruction, today, kept) =
            (Optional(task.Instruction, "instruction"), Optional(task.Today, "today"), Optional(task.Source.Where, "source.where"));
        choices = [.. (task.Choices ?? []).Select((c, i) => Parse(c, $"choices.{i}"))];
        Fields = [.. (task.Fields ?? []).Select(f => (f, Parse(f.Value, $"fields, {f.Name}")))];
    }

    /// <summary>Fields that the task derives, in order.</summary>
    public IReadOnlyList<(DerivedField Field, TaskTemplate Template)> Fields { get; }

    /// <summary>The letter of a choice: A to Z, then AA, AB and so on.</summary>
    public static string Letter(int index) => index < 26 ? ((char)('A' + index)).ToString() : $"A{(char)('A' + index - 26)}";

    /// <summary>Renders the question of an item, and for multiple choice its choices.</summary>
    /// <param name="item">The item.</param>
    /// <param name="asExemplar">Whether to render its answer, too. Without it, an item of generation may lack the fields of the answer.</param>
    public Asked Ask(TaskItem item, bool asExemplar = false)
    {
        if (task.Kind != EvaluationKind.MultipleChoice)
        {
            var text = prompt.Render(item);
            var isGenerated = task.Kind == EvaluationKind.Generation;
            return new Asked(item, text, isGenerated && !asExemplar ? gold!.Render(item) : null, isGenerated && !asExemplar ? "" : target?.Render(item) ?? "",
                [], -1);
        }
        var texts = Choices(item);
        var right = Right(item, texts);
        var known = Known(texts, right);
        (string, JsonElement)[] With(int i) => [.. known, ("choice", Json(texts[i])), ("letter", Json(Letter(i)))];
        string? Written(int i) => (task.Partial ? target! : choice).Render(item, With(i));
        var asked = task.Partial ? "" : prompt.Render(item, known);
        Choice[] rendered = [.. texts.Select((t, i) => new Choice(t,
            task.Partial ? prompt.Render(item, With(i)) : asked, Written(i)!))];
        var answer = !task.Partial && target is not null ? target.Render(item, With(right))
            : rendered[right].Continuation;
        return new Asked(item, rendered[right].Prompt, null, answer, rendered, right);
    }

    /// <summary>The instruction before the exemplars; null if the template gives an empty text.</summary>
    public string? Instruction(TaskItem item) => instruction?.Render(item) is { Length: > 0 } text ? text : null;

    /// <summary>The date that the calendar tool returns for an item; null: the tool's own.</summary>
    public DateOnly? Today(TaskItem item)
    {
        if (today?.Render(item) is not { } text)
            return null;
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date
            : throw new TaskException($"{task.Name}, today: found '{text}' ({item.Place}); expected a date such as 2023-01-30");
    }

    /// <summary>Whether the task keeps an item (source.where).</summary>
    public bool IsKept(TaskItem item) => kept is null || !string.IsNullOrWhiteSpace(kept.Render(item));

    /// <summary>The prompt of the unconditional score.</summary>
    public string? Unconditional(TaskItem item) => unconditional?.Render(item);

    /// <summary>Right answers besides the gold answer.</summary>
    public IReadOnlyList<string> Aliases(TaskItem item) =>
        aliases is null ? [] : aliases.Render(item).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The right answer of an item, by which balanced exemplars are grouped.</summary>
    public string GoldOf(TaskItem item) =>
        task.Kind == EvaluationKind.MultipleChoice ? Choices(item) is var texts ? texts[Right(item, texts)] : "" : (gold ?? target!).Render(item);

    string[] Choices(TaskItem item)
    {
        if (task.ChoicesFrom is not { } field)
            return [.. choices.Select(c => c.Render(item))];
        var list = item.Find(field) as JsonArray
            ?? throw new TaskException(
            $"{task.Name}, choices_from: found no list '{field}' ({item.Place}); its fields are {string.Join(", ", item.Fields.Select(f => f.Key))}");
        string[] texts = [.. list.Select(c => c?.GetValueKind() == JsonValueKind.String ? c.GetValue<string>() : c?.ToJsonString() ?? "")];
        return texts.Length >= 2 ? texts
            : throw new TaskException(
                $"{task.Name}, choices_from: found {Counted.Of(texts.Length, "choice")} in '{field}' ({item.Place}); expected at least two");
    }

    int Right(TaskItem item, string[] texts)
    {
        var found = gold!.Render(item, [("choices", List(texts)), ("letters", Letters(texts.Length))]).Trim();
        if (int.TryParse(found, out var number) && number >= 0 && number < texts.Length)
            return number;
        if (found.Length <= 2 && Enumerable.Range(0, texts.Length).FirstOrDefault(i => Letter(i) == found, -1) is >= 0 and var letter)
            return letter;
        return Array.IndexOf(texts, found) is >= 0 and var same ? same
            : throw new TaskException(
                $"{task.Name}, gold: found '{found}' ({item.Place}); expected a number from 0 to {texts.Length - 1}, a letter from A to "
                + $"{Letter(texts.Length - 1)}, or the text of a choice");
    }

    static (string, JsonElement)[] Known(string[] texts, int right) =>
        [("choices", List(texts)), ("letters", Letters(texts.Length)), ("gold", Json(right))];

    static JsonElement List(IEnumerable<string> texts) => Json(new JsonArray([.. texts.Select(t => (JsonNode)t)]));

    static JsonElement Letters(int count) => List(Enumerable.Range(0, count).Select(Letter));

    static JsonElement Json(JsonNode node) => JsonElement.Parse(node.ToJsonString());

    TaskTemplate Parse(string source, string key) => new(source, $"{task.Name}, {key}");

    TaskTemplate? Optional(string? source, string key) => source is null ? null : Parse(source, key);
}

/// <summary>A choice of an item.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Prompt">The item's prompt; in partial evaluation, the prompt that contains this choice.</param>
/// <param name="Continuation">The scored continuation.</param>
sealed record Choice(string Text, string Prompt, string Continuation);

/// <summary>An item with its rendered templates.</summary>
/// <param name="Item">The item.</param>
/// <param name="Prompt">The question.</param>
/// <param name="Gold">The right answer of generation; null for other kinds.</param>
/// <param name="Target">What follows the prompt: the scored continuation, or the answer in an exemplar.</param>
/// <param name="Choices">The choices of multiple choice; empty for other kinds.</param>
/// <param name="Right">Index of the right choice; -1 without choices.</param>
sealed record Asked(TaskItem Item, string Prompt, string? Gold, string Target, IReadOnlyList<Choice> Choices, int Right);
