namespace Nonet.Inference.Constraints.Automata;

/// <summary>Kinds of <see cref="Expression"/>.</summary>
enum ExpressionKind
{
    /// <summary>One byte of a set. The empty set matches nothing.</summary>
    Bytes,

    /// <summary>The empty text.</summary>
    Empty,

    /// <summary>Left, then right.</summary>
    Concat,

    /// <summary>One of the parts.</summary>
    Or,

    /// <summary>All of the parts at once.</summary>
    And,

    /// <summary>All byte sequences that left does not match.</summary>
    Not,

    /// <summary>Left, at least Min and at most Max times.</summary>
    Repeat,

    /// <summary>The rest of a JSON string, including its closing quote, whose value left matches. Min is the phase, Max its number.</summary>
    JsonString,

    /// <summary>The rest of a decimal number that is a multiple of <see cref="Expression.Modulus"/>.</summary>
    Multiple,
}

/// <summary>
/// A regular language over bytes. It is also a state of an automaton: the language of what may still follow. States are created on demand by derivatives
/// (Brzozowski 1964; Owens, Reppy and Turon 2009). Equal expressions of an <see cref="ExpressionStore"/> are the same object.
/// </summary>
sealed class Expression(int id, ExpressionKind kind)
{
    /// <summary><see cref="Max"/> of an unlimited repetition.</summary>
    public const int Unlimited = int.MaxValue;

    public int Id { get; } = id;
    public ExpressionKind Kind { get; } = kind;
    public ByteSet Set { get; init; }
    public Expression Left { get; init; } = null!;
    public Expression Right { get; init; } = null!;
    public Expression[] Parts { get; init; } = [];
    public int Min { get; init; }
    public int Max { get; init; }
    public MultipleOf Modulus { get; init; }

    /// <summary>Whether it matches the empty text.</summary>
    public bool IsNullable { get; init; }

    /// <summary>Whether it contains And or Not, so that it may match nothing although it is not <see cref="ExpressionStore.Nothing"/>.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>Whether it is known to match only finitely many texts.</summary>
    public bool IsFinite { get; init; }

    /// <summary>Whether it is known to match infinitely many texts.</summary>
    public bool IsInfinite { get; init; }

    /// <summary>Whether everything that it matches consists of whole UTF-8 characters.</summary>
    public bool IsText { get; init; }

    /// <summary>The classes of bytes that its derivatives do not distinguish; null: not yet computed.</summary>
    public BytePartition? Partition { get; set; }

    /// <summary>The derivative for each class of <see cref="Partition"/>; null: not yet computed.</summary>
    public Expression?[] Next { get; set; } = [];

    /// <summary>Whether it matches nothing; null: not yet known.</summary>
    public bool? IsKnownEmpty { get; set; }

    /// <summary>How far it allows texts of each slice of the vocabulary; null: not yet computed.</summary>
    public SliceReach[]? Reach { get; set; }
}

/// <summary>State of a test for multiples of a number.</summary>
/// <param name="Modulus">The number times 10^Scale, a whole number.</param>
/// <param name="Scale">Number of decimals that may be other than 0.</param>
/// <param name="Remainder">The digits so far, modulo <paramref name="Modulus"/>.</param>
/// <param name="Decimals">Number of decimals so far; -1 before the decimal point.</param>
readonly record struct MultipleOf(long Modulus, int Scale, long Remainder, int Decimals);

/// <summary>Which texts of a slice's characters a state allows.</summary>
/// <param name="Alive">The state allows all texts of at most this many characters.</param>
/// <param name="IsExact">Whether it allows no longer ones, so that no token of the slice needs to be tested.</param>
readonly record struct SliceReach(int Alive, bool IsExact);
