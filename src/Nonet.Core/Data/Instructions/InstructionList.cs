namespace Nonet.Data.Instructions;

/// <summary>Examples in memory.</summary>
/// <param name="examples">The examples, in their order.</param>
public sealed class InstructionList(IReadOnlyList<InstructionExample> examples) : IInstructionSource
{
    /// <summary>All examples of a file or folder.</summary>
    /// <param name="path">See <see cref="InstructionFile.Read"/>.</param>
    /// <param name="layout">Layout of the examples; null: by the fields of each.</param>
    public InstructionList(string path, InstructionLayout? layout = null) : this([.. InstructionFile.Read(path, layout)])
    {
    }

    /// <inheritdoc/>
    public long? Count => examples.Count;

    /// <inheritdoc/>
    public InstructionExample this[long index] => examples[checked((int)index)];

    /// <summary>
    /// Divides the examples into those to train on and those to hold out. The choice depends only on the seed and the text of each example,
    /// so that copies are on the same side.
    /// </summary>
    /// <param name="share">Share of the examples to hold out.</param>
    /// <param name="seed">Seed of the choice.</param>
    public (InstructionList Train, InstructionList HeldOut) Split(double share, ulong seed)
    {
        var (train, heldOut) = HeldOutSplit.Of(examples, share, seed, TextOf, "examples");
        return (new(train), new(heldOut));
    }

    static string TextOf(InstructionExample example) =>
        example.IsChat ? string.Join('\t', example.Messages.Select(m => $"{m.Role}\n{m.Content}")) : $"{example.Prompt}\t{example.Completion}";
}
