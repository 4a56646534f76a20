using Nonet.Formats;

namespace Nonet.Checkpoints.Families;

/// <summary>
/// The token tables of an encoder-decoder as a file stores them: one table for both stacks or one for each, under any of the names that transformers
/// uses.
/// </summary>
sealed class StackTables(ITensorStore store, string shared, string encoder, string decoder, string head)
{
    /// <summary>The encoder's table; null if the file has no table under any of the names.</summary>
    public StoredTensor? Source { get; } = CheckpointWeights.First(store, [encoder, shared, decoder]);

    /// <summary>The decoder's table; null if the file has none.</summary>
    public StoredTensor? Target { get; } = CheckpointWeights.First(store, [decoder, shared, encoder]);

    /// <summary>The output matrix; null if the file has no separate one.</summary>
    public StoredTensor? Output { get; } = CheckpointWeights.First(store, [head]) is { } own ? own
        : CheckpointWeights.First(store, [decoder]) is { } target && CheckpointWeights.First(store, [shared]) is { } both && !both.HasValuesOf(target) ? both
        : null;

    /// <summary>Whether both stacks use one table.</summary>
    public bool AreOne => Source is null || Target is null || Source == Target || Source.HasValuesOf(Target);

    /// <summary>The names under which a table may be stored, its own name first.</summary>
    /// <param name="name">The table's name.</param>
    /// <param name="shared">Name of the table of both stacks.</param>
    /// <param name="encoder">Name of the encoder's table.</param>
    /// <param name="decoder">Name of the decoder's table.</param>
    /// <param name="head">Name of the output matrix.</param>
    /// <param name="hasOutput">Whether a missing output matrix means the table, although the model is not tied.</param>
    public static IEnumerable<string> Alternatives(string name, string shared, string encoder, string decoder, string head, bool hasOutput) =>
        name == shared ? [shared, decoder, encoder]
        : name == encoder ? [encoder, shared]
        : name == decoder ? [decoder, shared]
        : name == head && hasOutput ? [head, shared, decoder] : [name];
}
