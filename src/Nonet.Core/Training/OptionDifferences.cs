using System.Text.Json.Nodes;

namespace Nonet.Training;

/// <summary>Where two sets of options differ, one line a field.</summary>
public static class OptionDifferences
{
    /// <summary>Lines like <c>adamw.beta2: 0.95 in the checkpoint, 0.99 now</c>, in order of the field names.</summary>
    /// <param name="before">The earlier options.</param>
    /// <param name="now">The options now.</param>
    /// <param name="where">What the earlier ones are called.</param>
    /// <param name="passedOver">Fields that are not compared.</param>
    public static IReadOnlyList<string> Between(JsonObject before, JsonObject now, string where = "in the checkpoint", params IReadOnlyList<string> passedOver)
    {
        var (earlier, later) = (Flatten(before), Flatten(now));
        var lines = new List<string>();
        foreach (var field in earlier.Keys.Union(later.Keys).Order(StringComparer.Ordinal))
        {
            var (was, isNow) = (earlier.GetValueOrDefault(field, "absent"), later.GetValueOrDefault(field, "absent"));
            if (was != isNow && !passedOver.Contains(field))
                lines.Add($"{field}: {was} {where}, {isNow} now");
        }
        return lines;
    }

    /// <summary>Every field by its path, as JSON.</summary>
    public static Dictionary<string, string> Flatten(JsonObject options)
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
