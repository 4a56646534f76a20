using System.Globalization;
using System.Text;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A model's shapes and number of weights, as a table.</summary>
public static class ModelDescription
{
    /// <summary>
    /// A line for every parameter: path, shape, count; like parameters of blocks and of experts share a line. Then the total, and
    /// <see cref="NonEmbeddingCount"/>: N of Kaplan et al. 2020, section 2.1.
    /// </summary>
    public static string Describe(this ILanguageModel model)
    {
        var rows = new List<(string Path, string Shape, string Count)>();
        foreach (var group in model.Parameters.Parameters.Select(p => (Parameter: p, Pattern: WithoutNumbers(p.Path, out var numbers), Numbers: numbers)).GroupBy(p => (p.Pattern, p.Parameter.Shape)))
        {
            var path = group.Key.Pattern.Split("{}");
            var name = path[0];
            for (var i = 1; i < path.Length; i++)
                name += Ranges([.. group.Select(p => p.Numbers[i - 1]).Distinct().Order()]) + path[i];
            var (count, elements) = (group.Count(), group.First().Parameter.Elements);
            rows.Add((name, group.Key.Shape.ToString(), count > 1 ? $"{count} x {Number(elements)}" : Number(elements)));
        }
        var text = new StringBuilder();
        var (pathWidth, shapeWidth, countWidth) = (rows.Max(r => r.Path.Length), rows.Max(r => r.Shape.Length), rows.Max(r => r.Count.Length));
        foreach (var row in rows)
            text.Append(row.Path.PadRight(pathWidth + 2)).Append(row.Shape.PadRight(shapeWidth + 2)).AppendLine(row.Count.PadLeft(countWidth));
        text.AppendLine($"{Number(model.Parameters.Count)} parameters, {Number(model.NonEmbeddingCount())} without embeddings and output");
        return text.ToString();
    }

    /// <summary>Weights without the tables of tokens, segments and positions and without heads.</summary>
    public static long NonEmbeddingCount(this ILanguageModel model) =>
        model.Parameters.Parameters.Where(p => p.Role is ParameterRole.Matrix or ParameterRole.Router or ParameterRole.Norm or ParameterRole.Bias).Sum(p => p.Elements);

    static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The path with the numbers of its block and its expert replaced by {}.</summary>
    static string WithoutNumbers(string path, out List<int> numbers)
    {
        var parts = path.Split('/');
        numbers = [];
        for (var i = 1; i < parts.Length; i++)
        {
            if (parts[i - 1] is not ("blocks" or "experts") || !int.TryParse(parts[i], CultureInfo.InvariantCulture, out var number))
                continue;
            numbers.Add(number);
            parts[i] = "{}";
        }
        return string.Join('/', parts);
    }

    /// <summary>"{0-11}", or "{0-3,5}" if there is a gap; a single number as it is.</summary>
    static string Ranges(int[] sorted)
    {
        var ranges = new List<string>();
        for (var i = 0; i < sorted.Length;)
        {
            var first = i;
            while (++i < sorted.Length && sorted[i] == sorted[i - 1] + 1)
            {
            }
            ranges.Add(i - first == 1 ? $"{sorted[first]}" : $"{sorted[first]}-{sorted[i - 1]}");
        }
        return sorted.Length == 1 ? ranges[0] : $"{{{string.Join(',', ranges)}}}";
    }
}
