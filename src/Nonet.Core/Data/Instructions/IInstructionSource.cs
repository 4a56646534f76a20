namespace Nonet.Data.Instructions;

/// <summary>
/// Numbered examples of supervised fine-tuning. Example i is always the same, so that a shuffled order is a permutation of numbers and the
/// position in it is one integer.
/// </summary>
public interface IInstructionSource
{
    /// <summary>
    /// Number of examples; null if the source has no end, such as a mixture. Training shuffles a source that has an end anew in each epoch,
    /// and takes the examples of an endless one in their order.
    /// </summary>
    long? Count { get; }

    /// <summary>Example i, from 0. Several threads may read examples at once.</summary>
    InstructionExample this[long index] { get; }
}
