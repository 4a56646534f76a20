using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Nonet.Checkpoints;

namespace Nonet.Recipes.Runs;

/// <summary>Options recorded by a run or a checkpoint, possibly by an earlier version that had fewer options.</summary>
static class RecordedOptions
{
    /// <summary>
    /// Completes recorded options with the keys that were added since. A missing option has its default, because the run was made without it. A missing fact
    /// about the data is unknown and gets the present value.
    /// </summary>
    /// <param name="recorded">Options in the file.</param>
    /// <param name="now">Present options, as they would be recorded.</param>
    /// <param name="options">Present options as a record.</param>
    /// <param name="file">File of the recorded options, for messages.</param>
    public static JsonObject Completed(JsonObject recorded, JsonObject now, TrainingOptions options, string file)
    {
        var completed = (JsonObject)recorded.DeepClone();
        Fill(completed, RecipeJson.TypeOf(options.GetType())!, Templates(options.GetType()), now);
        if (completed["model"] is JsonObject model && now["model"] is JsonObject present && present.Any(field => !model.ContainsKey(field.Key)))
            Fill(model, HuggingFaceFolder.ToJson(HuggingFaceFolder.FromJson(model, file)));
        Fill(completed, now);
        return completed;
    }

    /// <summary>
    /// Adds the missing keys of a record. Kinds of training that share a record may have different defaults; the present value is used if it is one of them.
    /// </summary>
    static void Fill(JsonObject into, JsonTypeInfo type, JsonObject[] templates, JsonObject now)
    {
        foreach (var property in type.Properties.Where(p => templates[0].ContainsKey(p.Name)))
        {
            var name = property.Name;
            if (!into.TryGetPropertyValue(name, out var value))
                into[name] = (templates.FirstOrDefault(t => JsonNode.DeepEquals(t[name], now[name])) ?? templates[0])[name]?.DeepClone();
            else if (value is JsonObject inner && now[name] is JsonObject innerNow && RecipeJson.TypeOf(property.PropertyType) is { } innerType)
                Fill(inner, innerType, templates[0][name] is JsonObject one ? [one] : Templates(property.PropertyType), innerNow);
        }
    }

    /// <summary>Adds the fields of another object.</summary>
    static void Fill(JsonObject into, JsonObject from)
    {
        foreach (var (name, value) in from)
        {
            if (!into.TryGetPropertyValue(name, out var own))
                into[name] = value?.DeepClone();
            else if (own is JsonObject inner && value is JsonObject innerFrom)
                Fill(inner, innerFrom);
        }
    }

    static JsonObject[] Templates(Type type)
    {
        var own = TaskKind.All.Select(kind => kind.Form).Where(form => form.Templates.Any(t => t.GetType() == type)).DefaultIfEmpty(TaskKind.All[0].Form);
        return [.. own.Select(form => form.TemplateOf(RecipeJson.TypeOf(type)!))];
    }
}
