using System.Text.Json;
using System.Text.Json.Nodes;
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
    public string Render(TaskItem item, params ReadOnlySpan<(string Name, JsonNode? Value)> more)
    {
        var variables = item.Variables;
        if (more.Length > 0)
        {
            var all = (JsonObject)item.Fields.DeepClone();
            foreach (var (name, value) in more)
                all[name] = value?.DeepClone();
            variables = JsonDocument.Parse(all.ToJsonString()).RootElement;
        }
        try
        {
            return template.Render(variables);
        }
        catch (JinjaException e)
        {
            throw new TaskException($"{e.Message} ({item.Place}); its fields are {string.Join(", ", item.Fields.Select(f => f.Key).Take(MostNamed))}", e);
        }
    }
}
