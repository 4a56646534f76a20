using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nonet.Training;

/// <summary>Compares two sets of options or two recipes, field by field.</summary>
public static class OptionDifferences
{
    const string Absent = "absent";

    /// <summary>Values in runs of earlier versions whose names have changed, apart from the spelling of enumerations.</summary>
    static readonly Dictionary<string, string> before = new(StringComparer.Ordinal) { ["InverseSquareRoot"] = "inverse_sqrt", ["WarmupStableDecay"] = "wsd" };

    /// <summary>Fields that differ, such as training.batch, with both values, in the order of the first set.</summary>
    public static IReadOnlyList<(string Field, string Before, string Now)> Of(JsonObject earlier, JsonObject now)
    {
        var (was, isNow) = (Flatten(earlier), Flatten(now));
        return [.. was.Keys.Union(isNow.Keys).Select(field => (field, was.GetValueOrDefault(field, Absent), isNow.GetValueOrDefault(field, Absent)))
            .Where(d => !IsSame(d.Item2, d.Item3))];
    }

    /// <summary>Lines such as <c>adamw.beta2: 0.95 in the checkpoint, 0.99 now</c>, ordered by field name.</summary>
    /// <param name="earlier">The earlier options.</param>
    /// <param name="now">The present options.</param>
    /// <param name="where">Phrase for the origin of the earlier options.</param>
    /// <param name="passedOver">Fields that are not compared.</param>
    public static IReadOnlyList<string> Between(JsonObject earlier, JsonObject now, string where = "in the checkpoint",
        params IReadOnlyList<string> passedOver) =>
        [.. Of(earlier, now).Where(d => !passedOver.Contains(d.Field)).OrderBy(d => d.Field, StringComparer.Ordinal)
            .Select(d => $"{d.Field}: {d.Before} {where}, {d.Now} now")];

    /// <summary>All fields by path. Strings are kept as they are; other values become JSON.</summary>
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
            else if (node is JsonArray list && list.Any(item => item is JsonObject))
            {
                for (var i = 0; i < list.Count; i++)
                    Walk(list[i], string.Create(CultureInfo.InvariantCulture, $"{path}.{i}"));
            }
            else
                fields[path] = node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node?.ToJsonString()
                    ?? "null";
        }
    }

    /// <summary>Whether two values have the same meaning: earlier versions wrote enumerations in the style FullSentences.</summary>
    static bool IsSame(string earlier, string now) =>
        earlier == now || before.GetValueOrDefault(earlier) == now
        || (earlier.Length > 0 && char.IsAsciiLetterUpper(earlier[0]) && JsonNamingPolicy.SnakeCaseLower.ConvertName(earlier) == now);
}
