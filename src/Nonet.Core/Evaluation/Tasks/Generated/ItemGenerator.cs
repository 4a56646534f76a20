using Nonet.Files;

namespace Nonet.Evaluation.Tasks.Generated;

/// <summary>Families of generated items.</summary>
public enum ItemFamily
{
    /// <summary>The sum of two numbers. Fields: a, b, answer. Brown et al. 2020, section 3.9.1.</summary>
    Addition,

    /// <summary>The difference of two numbers.</summary>
    Subtraction,

    /// <summary>The product of two numbers.</summary>
    Multiplication,

    /// <summary>Three one-digit numbers and two operations, the second in parentheses. Fields: expression, answer.</summary>
    Composite,

    /// <summary>A word whose letters are cycled. Fields: scrambled, answer. Brown et al. 2020, section 3.9.2.</summary>
    CycledLetters,

    /// <summary>A word whose letters are shuffled, except the first and the last.</summary>
    Anagrams1,

    /// <summary>A word whose letters are shuffled, except the first two and the last two.</summary>
    Anagrams2,

    /// <summary>A word with a punctuation mark or a space between any two letters.</summary>
    RandomInsertion,

    /// <summary>A word written backwards.</summary>
    ReversedWords,

    /// <summary>Names whose last letters form the answer. Fields: words, reasoning, answer. Wei et al. 2022, section 5.</summary>
    LastLetters,

    /// <summary>A coin that people flip or do not flip. Fields: story, reasoning, answer. Wei et al. 2022, section 5.</summary>
    CoinFlip,

    /// <summary>
    /// An input whose label depends on a mapping of classes to labels. Every mapping is held out from the training sequences of mappings. Fields: mapping,
    /// input, labels, and right, the index of the right label.
    /// </summary>
    Mappings,

    /// <summary>A chain of additions and subtractions, held out from the training sequences of chains. Fields: problem, answer, steps.</summary>
    Chain,

    /// <summary>A question about dates, asked on one of 500 days. Fields: question, today (2023-01-30), answer. Schick et al. 2023, section 4.2.5.</summary>
    Dates,
}

/// <summary>Generates items from a seed. Equal options give equal items.</summary>
public sealed record ItemGenerator
{
    /// <summary>Family of the items.</summary>
    [Option("Family of the items.")]
    public required ItemFamily Family { get; init; }

    /// <summary>Number of items to score.</summary>
    [Option("Number of items to score.", Least = 1, Most = 1_000_000)]
    public int Items { get; init; } = 2000;

    /// <summary>Number of digits in addition, subtraction and multiplication.</summary>
    [Option("Number of digits in addition, subtraction and multiplication.", Least = 1, Most = 9)]
    public int Digits { get; init; } = 2;

    /// <summary>Number of words in last_letters, people in coin_flip, steps in chain, or classes in mappings.</summary>
    [Option("Number of words in last_letters, people in coin_flip, steps in chain, or classes in mappings.", Least = 1, Most = 26)]
    public int Size { get; init; } = 2;

    /// <summary>Seed of the items.</summary>
    [Option("Seed of the items.")]
    public ulong Seed { get; init; } = 1;

    internal void Check()
    {
        if (Family == ItemFamily.Mappings && Size < 2)
            throw new ArgumentException($"source.generate.size is {Size}: mappings need 2 classes at least");
        if (Family == ItemFamily.Chain && Size > 20)
            throw new ArgumentException($"source.generate.size is {Size}: a chain has at most 20 steps");
    }
}
