namespace Nonet.Tensors.Quantization;

/// <summary>Thrown if quantised weights contain a scale that is infinite or NaN.</summary>
public sealed class CorruptBlockException : Exception
{
    /// <summary>Creates an exception for a block of a row.</summary>
    public CorruptBlockException(DType type, int row, int block)
        : base($"block {block} of row {row}, in {type}, has a scale that is infinite or a NaN; expected a finite number") =>
        (Type, Row, Block) = (type, row, block);

    /// <summary>Type of the weights.</summary>
    public DType Type { get; }

    /// <summary>Index of the row.</summary>
    public int Row { get; }

    /// <summary>Index of the block in its row.</summary>
    public int Block { get; }

    /// <summary>Creates an exception without details.</summary>
    public CorruptBlockException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    public CorruptBlockException(string message) : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    public CorruptBlockException(string message, Exception inner) : base(message, inner)
    {
    }
}
