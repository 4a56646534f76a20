namespace Nonet.Data.Generated;

/// <summary>
/// Sequences of input and label, a line each, after one mapping a sequence: "7aF". The labels are trained on, so that the first line is zero-shot, the second
/// one-shot, and so on. A share of the sequences to train on are random letters three times over: with them a model learns in minutes to find what followed
/// the last time, which mappings alone teach it much later.
/// </summary>
/// <param name="mappings">The mappings.</param>
/// <param name="pairs">Lines of a sequence.</param>
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
