using System.Globalization;

namespace Nonet.Evaluation.Tasks;

/// <summary>A metric of generated answers.</summary>
/// <param name="Name">exact_match, contains, f1, bleu, rouge_l or pass_at_K.</param>
/// <param name="Samples">K of pass_at_K; null for the others.</param>
readonly record struct GenerationMetric(string Name, int? Samples)
{
    public const string ExactMatch = "exact_match", Contains = "contains", F1 = "f1", Bleu = "bleu", RougeL = "rouge_l", PassAt = "pass_at_";

    /// <summary>Parses the name of a metric. Throws an <see cref="ArgumentException"/> for an unknown name.</summary>
    public static GenerationMetric Parse(string name) =>
        name is ExactMatch or Contains or F1 or Bleu or RougeL ? new GenerationMetric(name, null)
        : name.StartsWith(PassAt, StringComparison.Ordinal) && int.TryParse(name[PassAt.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var k)
        && k >= 1 ? new GenerationMetric(name, k)
        : throw new ArgumentException($"metrics holds '{name}'; expected {ExactMatch}, {Contains}, {F1}, {Bleu}, {RougeL} or {PassAt}K");
}
