using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text.Jinja;

namespace Nonet.Data.Mixtures;

/// <summary>A template with its parts parsed.</summary>
sealed class Phrasing
{
    static readonly JinjaLimits limits = new() { Strict = true };

    readonly JinjaTemplate? instruction, choices;
    readonly JinjaTemplate question, answer;

    /// <param name="template">The template.</param>
    /// <param name="name">Task and number of the template, for messages.</param>
    public Phrasing(PromptTemplate template, string name)
    {
        instruction = template.Instruction is { } text ? Parse(text, $"{name}, instruction") : null;
        choices = template.AnswerChoices is { } list ? Parse(list, $"{name}, answer_choices") : null;
        question = Parse(template.Question, $"{name}, question");
        answer = Parse(template.Answer, $"{name}, answer");
        IsWhole = template.Whole;
    }

    /// <summary>Whether the question is used without labels around it.</summary>
    public bool IsWhole { get; }

    /// <summary>The instruction; null if the template has none.</summary>
    public string? Instruction(MixtureTask task, TaskRow row) =>
        instruction is null ? null : Render(instruction, task, row, null) is { Length: > 0 } text ? text : null;

    /// <summary>The question and its answer.</summary>
    /// <param name="task">The task.</param>
    /// <param name="row">The row.</param>
    /// <param name="target">Number of the right answer to take.</param>
    public (string Question, string Answer) Ask(MixtureTask task, TaskRow row, int target) =>
        (Render(question, task, row, row.Targets[target]), Render(answer, task, row, row.Targets[target]));

    string Render(JinjaTemplate template, MixtureTask task, TaskRow row, string? target)
    {
        var variables = row.Fields?.DeepClone() as JsonObject ?? [];
        variables["input"] = row.Input;
        variables["target"] = target ?? row.Targets[0];
        variables["options"] = new JsonArray([.. row.Options.Select(o => (JsonNode)o)]);
        if (row.Rationale is { } rationale)
            variables["rationale"] = rationale;
        if (task.Definition is { } definition)
            variables["definition"] = definition;
        try
        {
            if (choices is not null)
                variables["answer_choices"] = new JsonArray([.. choices.Render(Element(variables)).Split("|||").Select(c => (JsonNode)c.Trim())]);
            return template.Render(Element(variables));
        }
        catch (JinjaException e)
        {
            throw row.Place.Malformed($"a row on which a template fails ({e.Message})",
                $"a row with the fields of the template; its fields are {string.Join(", ", variables.Select(v => v.Key))}", e);
        }
    }

    static JsonElement Element(JsonObject variables)
    {
        using var document = JsonDocument.Parse(variables.ToJsonString());
        return document.RootElement.Clone();
    }

    static JinjaTemplate Parse(string source, string name) => JinjaTemplate.Parse(source, name, limits);
}
