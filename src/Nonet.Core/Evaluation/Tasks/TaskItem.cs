using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.Evaluation.Tasks;

/// <summary>One item of a task with its fields, including those that the task derives.</summary>
public sealed class TaskItem
{
    JsonElement? variables;

    internal TaskItem(int index, string place, JsonObject fields) => (Index, Place, Fields) = (index, place, fields);

    /// <summary>Index from 0, counted over all files of the source.</summary>
    public int Index { get; }

    /// <summary>Origin of the item, such as "test.jsonl, line 3".</summary>
    public string Place { get; }

    /// <summary>Its fields by name.</summary>
    public JsonObject Fields { get; }

    /// <summary>The fields as variables of templates.</summary>
    internal JsonElement Variables => variables ??= JsonDocument.Parse(Fields.ToJsonString()).RootElement;

    /// <summary>A field as text; null if the item lacks it.</summary>
    internal string? Text(string field) =>
        Find(field) is { } node ? node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString() : null;

    /// <summary>A field by its name, or by a path such as choices.text.</summary>
    internal JsonNode? Find(string path)
    {
        if (Fields.TryGetPropertyValue(path, out var whole))
            return whole;
        JsonNode? at = Fields;
        foreach (var name in path.Split('.'))
            at = (at as JsonObject)?[name];
        return at;
    }

    /// <summary>Adds a field, or replaces it.</summary>
    internal void Set(string name, JsonNode? value)
    {
        Fields[name] = value;
        variables = null;
    }
}
