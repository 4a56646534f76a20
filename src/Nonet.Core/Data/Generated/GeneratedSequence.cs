namespace Nonet.Data.Generated;

/// <summary>A piece of a generated sequence.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Supervised">Whether its tokens are trained on; the others are only read.</param>
public readonly record struct SequencePart(string Text, bool Supervised);

/// <summary>Makes sequences to train on. Sequence i is a pure function of the seed and i, and no sequence to train on is ever one of those held out.</summary>
public interface ISequenceGenerator
{
    /// <summary>Sequence i, in parts.</summary>
    /// <param name="seed">Keys all draws.</param>
    /// <param name="index">i.</param>
    /// <param name="heldOut">Whether it comes from the held-out side.</param>
    IReadOnlyList<SequencePart> Sequence(ulong seed, ulong index, bool heldOut);
}
