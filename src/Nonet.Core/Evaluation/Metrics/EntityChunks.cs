using Nonet.Inference.Encoders;

namespace Nonet.Evaluation.Metrics;

/// <summary>A named entity: words [Start, End) of a sentence.</summary>
/// <param name="Type">Type, such as PER or LOC; empty if the tags name none.</param>
/// <param name="Start">Index of the first word.</param>
/// <param name="End">Index after the last word.</param>
readonly record struct EntityChunk(string Type, int Start, int End)
{
    /// <summary>
    /// Reads the entities from the tags of a sentence, as <see cref="EntitySpans"/> does. Throws an <see cref="ArgumentException"/> for a text that is not a
    /// tag.
    /// </summary>
    public static List<EntityChunk> Of(IReadOnlyList<string> tags) =>
        [.. EntitySpans.Of(tags, Parse).Select(span => new EntityChunk(span.Label, span.First, span.Last + 1))];

    static (char, string) Parse(string tag, int place) => EntitySpans.Parse(tag)
        ?? throw new ArgumentException($"tag {place} is '{tag}'; expected O, or one of B, I, E, S, L and U with - and a type");
}
