using Nonet.Files;

namespace Nonet.Evaluation.Tasks.Generated;

/// <summary>What is generated.</summary>
public enum ItemFamily
{
    /// <summary>Two numbers of so many digits, added. Fields: a, b, answer. Brown et al. 2020, section 3.9.1.</summary>
    Addition,

    /// <summary>The same, subtracted.</summary>
    Subtraction,

    /// <summary>The same, multiplied.</summary>
    Multiplication,

    /// <summary>Three numbers of a digit with two operations, the last two in parentheses. Fields: expression, answer.</summary>
    Composite,

    /// <summary>A word whose letters were cycled. Fields: scrambled, answer. Section 3.9.2.</summary>
    CycledLetters,

    /// <summary>A word whose letters were shuffled, all but the first and the last.</summary>
    Anagrams1,

    /// <summary>A word whose letters were shuffled, all but the first two and the last two.</summary>
    Anagrams2,

    /// <summary>A word with a mark or a blank between any two letters.</summary>
    RandomInsertion,

    /// <summary>A word written backwards.</summary>
    ReversedWords,

    /// <summary>Names whose last letters are wanted. Fields: words, reasoning, answer. Wei et al. 2022, section 5.</summary>
    LastLetters,

    /// <summary>A coin that people flip or do not flip. Fields: story, reasoning, answer. Wei et al. 2022, section 5.</summary>
    CoinFlip,

    /// <summary>
    /// A class whose label a mapping decides; every mapping is held out from the sequences that train on mappings. Fields: mapping, input, labels, and right,
    /// the number of its label.
    /// </summary>
    Mappings,

    /// <summary>A chain of additions and subtractions, held out as the mappings are. Fields: problem, answer, steps.</summary>
    Chain,

    /// <summary>A question about dates, asked on one of 500 days. Fields: question, today (2023-01-30), answer. Schick et al. 2023, section 4.2.5.</summary>
    Dates,
}

/// <summary>Items that are made from a seed: the same options give the same items.</summary>
public sealed record ItemGenerator
{
    /// <summary>What is generated.</summary>
    [Option("What is generated.")]
    public required ItemFamily Family { get; init; }

    /// <summary>How many items are scored.</summary>
    [Option("How many items are scored.", Least = 1, Most = 1_000_000)]
    public int Items { get; init; } = 2000;

    /// <summary>Digits of the numbers of addition, subtraction and multiplication.</summary>
    [Option("Digits of the numbers of addition, subtraction and multiplication.", Least = 1, Most = 9)]
    public int Digits { get; init; } = 2;

    /// <summary>Words of last_letters, people of coin_flip, steps of chain, classes of mappings.</summary>
    [Option("Words of last_letters, people of coin_flip, steps of chain, classes of mappings.", Least = 1, Most = 26)]
    public int Size { get; init; } = 2;

    /// <summary>Keys the items.</summary>
    [Option("Keys the items.")]
    public ulong Seed { get; init; } = 1;

    internal void Check()
    {
        if (Family == ItemFamily.Mappings && Size < 2)
            throw new ArgumentException($"source.generate.size is {Size}: mappings need 2 classes at least");
        if (Family == ItemFamily.Chain && Size > 20)
            throw new ArgumentException($"source.generate.size is {Size}: a chain has at most 20 steps");
    }
}
