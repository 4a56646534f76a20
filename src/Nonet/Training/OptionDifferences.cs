using System.Text.Json.Nodes;

namespace Nonet.Training;

/// <summary>Where two sets of options differ, one line a field.</summary>
public static class OptionDifferences
{
    /// <summary>Lines like <c>adamw.beta2: 0.95 in the checkpoint, 0.99 now</c>, in order of the field names.</summary>
    public static IReadOnlyList<string> Between(JsonObject checkpoint, JsonObject now)
    {
        var (before, after) = (Flatten(checkpoint), Flatten(now));
        var lines = new List<string>();
        foreach (var field in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var (was, isNow) = (before.GetValueOrDefault(field, "absent"), after.GetValueOrDefault(field, "absent"));
            if (was != isNow)
                lines.Add($"{field}: {was} in the checkpoint, {isNow} now");
        }
        return lines;
    }

    static Dictionary<string, string> Flatten(JsonObject options)
    {
        var fields = new Dictionary<string, string>();
        Walk(options, "");
        return fields;

        void Walk(JsonNode? node, string path)
        {
            if (node is JsonObject o)
            {
                foreach (var (name, value) in o)
                    Walk(value, path.Length == 0 ? name : $"{path}.{name}");
            }
            else
                fields[path] = node?.ToJsonString() ?? "null";
        }
    }
}
