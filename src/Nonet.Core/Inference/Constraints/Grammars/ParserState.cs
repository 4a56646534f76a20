using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Grammars;

/// <summary>
/// The rest of a parse after a terminal: a node with the index of its next part or its number of repetitions, and the rest after it. Equal stacks are the
/// same object.
/// </summary>
sealed record ParserStack(GrammarNode Node, int Index, ParserStack? Next, int Id)
{
    public bool Equals(ParserStack? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id;
}

/// <summary>One way to parse the text so far: the rest of the current terminal, and the rest of the parse after it.</summary>
readonly record struct Reading(Expression Rest, ParserStack? Then);

/// <summary>All ways to parse the text so far: a state of the grammar's automaton, created when a text first reaches it.</summary>
sealed class ParserState(Reading[] readings, bool isComplete, BytePartition partition)
{
    public Reading[] Readings { get; } = readings;

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete { get; } = isComplete;

    /// <summary>Whether nothing may follow.</summary>
    public bool IsFinal => Readings.Length == 0;

    public BytePartition Partition { get; } = partition;

    /// <summary>The state after a byte of each class; null: not yet computed; <see cref="GrammarAutomaton.Dead"/>: the byte is not allowed.</summary>
    public ParserState?[] Next { get; } = new ParserState?[partition.Representatives.Length];

    /// <summary>The allowed next tokens; null: not yet computed.</summary>
    public TokenList? Tokens { get; set; }
}
