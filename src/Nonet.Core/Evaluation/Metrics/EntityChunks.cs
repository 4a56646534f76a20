using Nonet.Inference.Encoders;

namespace Nonet.Evaluation.Metrics;

/// <summary>A named entity: words [Start, End) of a sentence.</summary>
/// <param name="Type">PER, LOC; empty if the tags name none.</param>
/// <param name="Start">First word.</param>
/// <param name="End">The word behind the last.</param>
readonly record struct EntityChunk(string Type, int Start, int End)
{
    /// <summary>
    /// The entities that tags spell, as <see cref="EntitySpans"/> reads them. Throws an <see cref="ArgumentException"/> for a text that is not a tag.
    /// </summary>
    public static List<EntityChunk> Of(IReadOnlyList<string> tags) =>
        [.. EntitySpans.Of(tags, Parse).Select(span => new EntityChunk(span.Label, span.First, span.Last + 1))];

    static (char, string) Parse(string tag, int place) => EntitySpans.Parse(tag)
        ?? throw new ArgumentException($"tag {place} is '{tag}'; expected O, or one of B, I, E, S, L and U with - and a type");
}
