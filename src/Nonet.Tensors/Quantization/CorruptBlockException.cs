namespace Nonet.Tensors.Quantization;

/// <summary>Quantised weights hold a scale that is infinite or a NaN.</summary>
public sealed class CorruptBlockException : Exception
{
    public CorruptBlockException(DType type, int row, int block) : base($"block {block} of row {row}, in {type}, has a scale that is infinite or a NaN; expected a finite number") =>
        (Type, Row, Block) = (type, row, block);

    public DType Type { get; }
    public int Row { get; }

    /// <summary>Its place in the row.</summary>
    public int Block { get; }

    public CorruptBlockException()
    {
    }

    public CorruptBlockException(string message) : base(message)
    {
    }

    public CorruptBlockException(string message, Exception inner) : base(message, inner)
    {
    }
}
