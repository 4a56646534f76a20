namespace Nonet.Data.Generated;

/// <summary>
/// Sequences of lines, each with an input and its label: "7aF". All lines of a sequence follow one mapping. The loss covers the labels, so the first
/// line is zero-shot, the second one-shot, and so on. A share of the training sequences is random letters, repeated three times. From these a model
/// learns within minutes to continue what followed last time; from mappings alone it learns this much later.
/// </summary>
/// <param name="mappings">The mappings.</param>
/// <param name="pairs">Number of lines in a sequence.</param>
/// <param name="repeats">Share of the sequences that are repeated letters; held-out sequences never are.</param>
public sealed class MappingSequences(SymbolMappings mappings, int pairs, double repeats) : ISequenceGenerator
{
    const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const int Shortest = 8, Longest = 23;

    /// <inheritdoc/>
    public IReadOnlyList<SequencePart> Sequence(ulong seed, ulong index, bool heldOut)
    {
        var draws = SymbolMappings.Stream(seed, index, "pairs");
        if (draws.Uniform() < repeats && !heldOut)
        {
            var letters = new char[draws.Between(Shortest, Longest)];
            for (var i = 0; i < letters.Length; i++)
                letters[i] = Letters[draws.Below(Letters.Length)];
            var text = new string(letters);
            return [new SequencePart(text, false), new SequencePart(text + text, true)];
        }
        var mapping = mappings.Draw(seed, index, heldOut);
        var parts = new List<SequencePart>(2 * pairs);
        for (var i = 0; i < pairs; i++)
        {
            var @class = draws.Below(mappings.Classes);
            parts.Add(new SequencePart($"{(i == 0 ? "" : "\n")}{mapping.Input(draws.Below(10), @class)}", false));
            parts.Add(new SequencePart(mapping.Label(@class), true));
        }
        return parts;
    }
}
