using Nonet.Formats;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// The token tables of an encoder-decoder as a file holds them: one for all, or one for each stack, under any of the names that transformers gives them.
/// </summary>
sealed class StackTables(ITensorStore store, string shared, string encoder, string decoder, string head)
{
    /// <summary>The encoder's table; null: the file has none under a table's name.</summary>
    public StoredTensor? Source { get; } = CheckpointWeights.First(store, [encoder, shared, decoder]);

    /// <summary>The decoder's.</summary>
    public StoredTensor? Target { get; } = CheckpointWeights.First(store, [decoder, shared, encoder]);

    /// <summary>The output matrix; null: the file has none of its own.</summary>
    public StoredTensor? Output { get; } = CheckpointWeights.First(store, [head]) is { } own ? own
        : CheckpointWeights.First(store, [decoder]) is { } target && CheckpointWeights.First(store, [shared]) is { } both && !both.HasValuesOf(target) ? both
        : null;

    /// <summary>Whether the stacks have one table.</summary>
    public bool AreOne => Source is null || Target is null || Source == Target || Source.HasValuesOf(Target);

    /// <summary>The names under which a table may be found, its own first.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="shared">Name of the table of both stacks.</param>
    /// <param name="encoder">Of the encoder's.</param>
    /// <param name="decoder">Of the decoder's.</param>
    /// <param name="head">Of the output matrix.</param>
    /// <param name="hasOutput">Whether an output matrix that is missing is the table, although the model is not tied.</param>
    public static IEnumerable<string> Alternatives(string name, string shared, string encoder, string decoder, string head, bool hasOutput) =>
        name == shared ? [shared, decoder, encoder]
        : name == encoder ? [encoder, shared]
        : name == decoder ? [decoder, shared]
        : name == head && hasOutput ? [head, shared, decoder] : [name];
}
