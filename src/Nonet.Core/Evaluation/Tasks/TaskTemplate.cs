using System.Text.Json;
using Nonet.Text.Jinja;

namespace Nonet.Evaluation.Tasks;

/// <summary>A template of a task. A field that an item does not have is an error that names the template, the item and the fields that there are.</summary>
sealed class TaskTemplate
{
    const int MostNamed = 20;
    static readonly JinjaLimits limits = new() { Strict = true };

    readonly JinjaTemplate template;

    /// <param name="source">Jinja.</param>
    /// <param name="name">Task and key, for messages: "gsm8k, prompt".</param>
    public TaskTemplate(string source, string name) => template = JinjaTemplate.Parse(source, name, limits);

    /// <summary>The text for an item and what is known beside it.</summary>
    public string Render(TaskItem item, params ReadOnlySpan<(string Name, JsonElement Value)> more)
    {
        try
        {
            return template.Render(item.Variables, more);
        }
        catch (JinjaException e)
        {
            throw new TaskException($"{e.Message} ({item.Place}); its fields are {string.Join(", ", item.Fields.Select(f => f.Key).Take(MostNamed))}", e);
        }
    }
}
