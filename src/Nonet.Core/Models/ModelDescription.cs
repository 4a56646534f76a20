using System.Globalization;
using System.Text;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>A model's shapes and number of weights, as a table.</summary>
public static class ModelDescription
{
    /// <summary>
    /// A line for every parameter: path, shape, count; like parameters of consecutive blocks share a line. Then the total, and
    /// <see cref="NonEmbeddingCount"/>: N of Kaplan et al. 2020, section 2.1.
    /// </summary>
    public static string Describe(this ILanguageModel model)
    {
        var rows = new List<(string Path, string Shape, string Count)>();
        foreach (var group in model.Parameters.Parameters.GroupBy(p => (Path: WithoutBlock(p.Path, out _), p.Shape)))
        {
            var blocks = group.Select(p => WithoutBlock(p.Path, out var block) is { } ? block : -1).Order().ToArray();
            var first = group.First();
            var many = blocks.Length > 1;
            rows.Add((
                many ? group.Key.Path.Replace("{}", $"{{{Ranges(blocks)}}}", StringComparison.Ordinal) : first.Path,
                first.Shape.ToString(),
                many ? $"{blocks.Length} x {Number(first.Elements)}" : Number(first.Elements)));
        }
        var text = new StringBuilder();
        var (path, shape, count) = (rows.Max(r => r.Path.Length), rows.Max(r => r.Shape.Length), rows.Max(r => r.Count.Length));
        foreach (var row in rows)
            text.Append(row.Path.PadRight(path + 2)).Append(row.Shape.PadRight(shape + 2)).AppendLine(row.Count.PadLeft(count));
        text.AppendLine($"{Number(model.Parameters.Count)} parameters, {Number(model.NonEmbeddingCount())} without embeddings and output");
        return text.ToString();
    }

    /// <summary>Weights without the tables of tokens, segments and positions and without heads.</summary>
    public static long NonEmbeddingCount(this ILanguageModel model) =>
        model.Parameters.Parameters.Where(p => p.Role is ParameterRole.Matrix or ParameterRole.Router or ParameterRole.Norm or ParameterRole.Bias).Sum(p => p.Elements);

    static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The path with its block number replaced by {}.</summary>
    static string WithoutBlock(string path, out int block)
    {
        var parts = path.Split('/');
        var at = Array.IndexOf(parts, "blocks") + 1;
        block = -1;
        if (at == 0 || at == parts.Length || !int.TryParse(parts[at], CultureInfo.InvariantCulture, out block))
            return path;
        parts[at] = "{}";
        return string.Join('/', parts);
    }

    /// <summary>"0-11", or "0-3,5" where there is a gap.</summary>
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
        return string.Join(',', ranges);
    }
}
