using System.Globalization;

namespace Nonet.Data.Tasks;

/// <summary>The classes of a task. Their order depends only on their names: numeric if all are integers, otherwise by code point.</summary>
public sealed class TaskLabels
{
    readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);

    /// <param name="names">Names in the order of their numbers, without duplicates; at least one.</param>
    public TaskLabels(IEnumerable<string> names)
    {
        Names = [.. names];
        foreach (var name in Names)
        {
            if (!numbers.TryAdd(name, numbers.Count))
                throw new ArgumentException($"label '{name}' appears twice; expected each label once", nameof(names));
        }
        if (Names.Count == 0)
            throw new ArgumentException("no labels; expected at least one", nameof(names));
    }

    /// <summary>Names of the classes, by index.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Number of labels.</summary>
    public int Count => Names.Count;

    /// <summary>Index of a label; null if the label is unknown.</summary>
    public int? NumberOf(string label) => numbers.TryGetValue(label, out var number) ? number : null;

    /// <summary>The labels that occur. O, the tag of a word outside entities, is number 0 if it is among them.</summary>
    public static TaskLabels Collect(IEnumerable<string> labels)
    {
        var distinct = labels.Distinct(StringComparer.Ordinal).ToArray();
        if (distinct.Length > 0 && distinct.All(l => long.TryParse(l, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
            return new TaskLabels(distinct.OrderBy(l => long.Parse(l, CultureInfo.InvariantCulture)).ThenBy(l => l, StringComparer.Ordinal));
        return new TaskLabels(distinct.OrderBy(l => l != "O").ThenBy(l => l, StringComparer.Ordinal));
    }
}
