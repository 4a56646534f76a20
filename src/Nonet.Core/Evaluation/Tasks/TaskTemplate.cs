using System.Text.Json;
using Nonet.Text.Jinja;

namespace Nonet.Evaluation.Tasks;

/// <summary>A template of a task. A field that an item lacks is an error that names the template, the item and its fields.</summary>
sealed class TaskTemplate
{
    const int MostNamed = 20;
    static readonly JinjaLimits limits = new() { Strict = true };

    readonly JinjaTemplate template;

    /// <param name="source">Jinja source.</param>
    /// <param name="name">Task and key for messages, such as "gsm8k, prompt".</param>
    public TaskTemplate(string source, string name) => template = JinjaTemplate.Parse(source, name, limits);

    /// <summary>Renders the template with an item's fields and further variables.</summary>
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
