namespace Nonet.Data.Generated;

/// <summary>A piece of a generated sequence.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Supervised">Whether the loss covers its tokens; otherwise they are only context.</param>
public readonly record struct SequencePart(string Text, bool Supervised);

/// <summary>Generates sequences for training. Sequence i is a pure function of the seed and i. A training sequence is never a held-out one.</summary>
public interface ISequenceGenerator
{
    /// <summary>Sequence i, in parts.</summary>
    /// <param name="seed">Seed of all draws.</param>
    /// <param name="index">i.</param>
    /// <param name="heldOut">Whether to generate a held-out sequence.</param>
    IReadOnlyList<SequencePart> Sequence(ulong seed, ulong index, bool heldOut);
}
