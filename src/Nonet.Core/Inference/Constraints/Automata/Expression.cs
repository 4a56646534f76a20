namespace Nonet.Inference.Constraints.Automata;

/// <summary>Kinds of <see cref="Expression"/>.</summary>
enum ExpressionKind
{
    /// <summary>One byte of a set; of the empty set, nothing at all.</summary>
    Bytes,

    /// <summary>The empty text.</summary>
    Empty,

    /// <summary>Left, then right.</summary>
    Concat,

    /// <summary>One of the parts.</summary>
    Or,

    /// <summary>All of the parts at once.</summary>
    And,

    /// <summary>Any bytes but what left matches.</summary>
    Not,

    /// <summary>Left, at least Min and at most Max times.</summary>
    Repeat,

    /// <summary>The rest of a JSON string, its closing quote included, whose value left matches. Min is the phase, Max its number.</summary>
    JsonString,

    /// <summary>The rest of a decimal number that is a multiple of <see cref="Expression.Modulus"/>.</summary>
    Multiple,
}

/// <summary>
/// A regular language over bytes, and a state of the automaton that recognises it: the language of what may still follow. States are made as bytes are read,
/// by derivatives (Brzozowski 1964; Owens, Reppy and Turon 2009). Equal expressions of an <see cref="ExpressionStore"/> are the same object.
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

    /// <summary>Whether it may match nothing without being <see cref="ExpressionStore.Nothing"/>: it holds And or Not.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>Whether it surely matches but finitely many texts.</summary>
    public bool IsFinite { get; init; }

    /// <summary>Whether it surely matches infinitely many texts.</summary>
    public bool IsInfinite { get; init; }

    /// <summary>Whether all that it matches is whole characters of UTF-8.</summary>
    public bool IsText { get; init; }

    /// <summary>Bytes between which its derivatives do not distinguish.</summary>
    public BytePartition? Partition { get; set; }

    /// <summary>The derivative by each class of <see cref="Partition"/>, once it was asked for.</summary>
    public Expression?[] Next { get; set; } = [];

    /// <summary>Whether it matches nothing; null: not yet known.</summary>
    public bool? IsKnownEmpty { get; set; }

    /// <summary>How it allows each slice of the vocabulary; default: not yet known.</summary>
    public SliceReach[]? Reach { get; set; }
}

/// <summary>State of a test for multiples: the value so far modulo <see cref="Modulus"/>, of which <see cref="Scale"/> decimals are counted.</summary>
/// <param name="Modulus">The number times 10^Scale.</param>
/// <param name="Scale">Decimals that count; those beyond are 0.</param>
/// <param name="Remainder">Of the digits so far.</param>
/// <param name="Decimals">Decimals so far; -1 before the point.</param>
readonly record struct MultipleOf(long Modulus, int Scale, long Remainder, int Decimals);

/// <summary>How the texts made of a slice's characters fare from a state.</summary>
/// <param name="Alive">Texts of at most so many characters can go on.</param>
/// <param name="IsExact">Whether all longer ones cannot, so that nothing is left to find out.</param>
readonly record struct SliceReach(int Alive, bool IsExact);
