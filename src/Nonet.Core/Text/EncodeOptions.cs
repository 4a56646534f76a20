namespace Nonet.Text;

/// <summary>How a text becomes tokens.</summary>
public sealed record EncodeOptions
{
    /// <summary>Whether begin, end and separating marks of the tokenizer's template are added.</summary>
    public bool Marks { get; init; } = true;

    /// <summary>Null: nothing is cut off.</summary>
    public Truncation? Truncation { get; init; }

    /// <summary>Null: nothing is added at the end.</summary>
    public Padding? Padding { get; init; }
}

/// <summary>Which text of a pair is cut.</summary>
public enum TruncationStrategy { LongestFirst, OnlyFirst, OnlySecond }

/// <summary>The end of a text, or its beginning.</summary>
public enum TextSide { Right, Left }

/// <summary>The most tokens of an input, marks included.</summary>
/// <param name="MaxLength">Tokens.</param>
/// <param name="Stride">Tokens that two neighbouring pieces of <see cref="Encoded.Overflow"/> share.</param>
/// <param name="Strategy">Of a pair.</param>
/// <param name="Side">Where tokens are cut off.</param>
public sealed record Truncation(int MaxLength, int Stride = 0, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, TextSide Side = TextSide.Right);

/// <summary>Tokens that make inputs equally long.</summary>
/// <param name="Id">The token.</param>
/// <param name="Length">Tokens of every input; null: those of the longest.</param>
/// <param name="MultipleOf">Lengths are rounded up to this.</param>
/// <param name="Type">The segment of the padding.</param>
/// <param name="Side">Where it is added.</param>
public sealed record Padding(int Id, int? Length = null, int MultipleOf = 1, int Type = 0, TextSide Side = TextSide.Right);
