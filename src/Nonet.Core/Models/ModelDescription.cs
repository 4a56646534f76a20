using System.Globalization;
using System.Text;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>Describes the shapes and the number of weights of a model.</summary>
public static class ModelDescription
{
    /// <summary>
    /// A table with one line per parameter: path, shape, count. Parameters that are alike in all blocks or experts share a line. The last
    /// line has the total and <see cref="NonEmbeddingCount"/>, which is N of Kaplan et al. 2020, section 2.1.
    /// </summary>
    public static string Describe(this ILanguageModel model)
    {
        var rows = new List<(string Path, string Shape, string Count)>();
        foreach (var group in model.Parameters.Parameters.Select(p => (Parameter: p, Pattern: WithoutNumbers(p.Path, out var numbers), Numbers: numbers))
            .GroupBy(p => (p.Pattern, p.Parameter.Shape)))
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

    /// <summary>Number of weights without embedding tables, position tables and heads.</summary>
    public static long NonEmbeddingCount(this ILanguageModel model) =>
        model.Parameters.Parameters.Where(p => p.Role is ParameterRole.Matrix or ParameterRole.Router or ParameterRole.Norm or ParameterRole.Bias)
        .Sum(p => p.Elements);

    static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Replaces the numbers of block and expert in a path by {}.</summary>
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

    /// <summary>"{0-11}", or "{0-3,5}" if there is a gap; a single number is not put in braces.</summary>
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
