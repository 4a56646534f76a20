namespace Nonet.Data.Generated;

/// <summary>Sequences of input and label, a line each, after one mapping a sequence: "7aF". The labels are trained on, so that the first line is zero-shot, the second one-shot, and so on.</summary>
/// <param name="mappings">The mappings.</param>
/// <param name="pairs">Lines of a sequence.</param>
public sealed class MappingSequences(SymbolMappings mappings, int pairs) : ISequenceGenerator
{
    public IReadOnlyList<SequencePart> Sequence(ulong seed, ulong index, bool heldOut)
    {
        var mapping = mappings.Draw(seed, index, heldOut);
        var draws = SymbolMappings.Stream(seed, index, "pairs");
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
