using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Grammars;

/// <summary>
/// What is still to come after a terminal: a node, from a part or after a number of repetitions, and what follows it. Equal ones are the same object.
/// </summary>
sealed record ParserStack(GrammarNode Node, int Index, ParserStack? Next, int Id)
{
    public bool Equals(ParserStack? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id;
}

/// <summary>One way to read the text so far: the rest of the terminal that is being read, and what follows.</summary>
readonly record struct Reading(Expression Rest, ParserStack? Then);

/// <summary>All ways to read the text so far: a state of the grammar's automaton, made when a text first comes to it.</summary>
sealed class ParserState(Reading[] readings, bool isComplete, BytePartition partition)
{
    public Reading[] Readings { get; } = readings;

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete { get; } = isComplete;

    /// <summary>Whether nothing may follow.</summary>
    public bool IsFinal => Readings.Length == 0;

    public BytePartition Partition { get; } = partition;

    /// <summary>The state after a byte of each class: null if not yet known, <see cref="GrammarAutomaton.Dead"/> if there is none.</summary>
    public ParserState?[] Next { get; } = new ParserState?[partition.Representatives.Length];

    /// <summary>The tokens that may come next; null: not yet known.</summary>
    public TokenList? Tokens { get; set; }
}
