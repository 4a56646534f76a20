namespace Nonet.Text;

/// <summary>Settings for encoding a text.</summary>
public sealed record EncodeOptions
{
    /// <summary>Whether the begin, end and separator tokens of the tokenizer's template are added.</summary>
    public bool Marks { get; init; } = true;

    /// <summary>Truncation of the tokens; null: none.</summary>
    public Truncation? Truncation { get; init; }

    /// <summary>Padding of the tokens; null: none.</summary>
    public Padding? Padding { get; init; }
}

/// <summary>Which text of a pair is truncated.</summary>
public enum TruncationStrategy
{
    /// <summary>Repeatedly the longer text.</summary>
    LongestFirst,

    /// <summary>Only the first text.</summary>
    OnlyFirst,

    /// <summary>Only the second text.</summary>
    OnlySecond,
}

/// <summary>A side of a text.</summary>
public enum TextSide
{
    /// <summary>The end of a text.</summary>
    Right,

    /// <summary>The beginning of a text.</summary>
    Left,
}

/// <summary>Limits the tokens of an input, including special tokens.</summary>
/// <param name="MaxLength">Largest number of tokens.</param>
/// <param name="Stride">Number of tokens that neighbouring pieces of <see cref="Encoded.Overflow"/> share.</param>
/// <param name="Strategy">Which text of a pair is truncated.</param>
/// <param name="Side">Side from which tokens are removed.</param>
public sealed record Truncation(int MaxLength, int Stride = 0, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, TextSide Side = TextSide.Right);

/// <summary>Pads inputs to one length.</summary>
/// <param name="Id">Padding token.</param>
/// <param name="Length">Number of tokens of every input; null: that of the longest.</param>
/// <param name="MultipleOf">Lengths are rounded up to a multiple of this number.</param>
/// <param name="Type">Segment of the padding.</param>
/// <param name="Side">Side to which padding is added.</param>
public sealed record Padding(int Id, int? Length = null, int MultipleOf = 1, int Type = 0, TextSide Side = TextSide.Right);
