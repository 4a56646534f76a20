using System.Reflection;

namespace Nonet.Evaluation.Translation;

/// <summary>Checks of reference sets, common to the metrics of translation.</summary>
static class ReferenceSets
{
    public static string Version { get; } =
        $"version:nonet-{System.Version.Parse(typeof(ReferenceSets).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()!.Version).ToString(3)}";

    /// <summary>Throws unless every reference set has a line for every hypothesis.</summary>
    public static void Check(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (references.Count == 0)
            throw new ArgumentException("no set of references; expected at least one", nameof(references));
        for (var i = 0; i < references.Count; i++)
        {
            if (references[i].Count != hypotheses.Count)
                throw new ArgumentException($"{hypotheses.Count} hypotheses, but {references[i].Count} references in set {i + 1}; expected a line for each",
                    nameof(references));
        }
    }
}
