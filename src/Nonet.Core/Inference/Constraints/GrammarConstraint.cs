using Nonet.Inference.Constraints.Grammars;

namespace Nonet.Inference.Constraints;

/// <summary>Constrains a text to a grammar. Created by <see cref="StructuredText"/>.</summary>
sealed class GrammarConstraint(GrammarAutomaton automaton, ParserState state) : ITokenConstraint
{
    ParserState state = state;

    public GrammarConstraint(GrammarAutomaton automaton) : this(automaton, automaton.Start)
    {
    }

    public int Vocab => automaton.Vocab;

    public bool MayEnd => state.IsComplete;

    public bool MustEnd => state.IsFinal;

    public void Fill(TokenMask allowed) => automaton.Fill(state, allowed);

    public void Accept(int id)
    {
        var next = automaton.After(state, id);
        if (next == automaton.Dead)
            throw new ArgumentException($"token {id} is not allowed here by the constraint", nameof(id));
        state = next;
    }

    public ITokenConstraint Fork() => new GrammarConstraint(automaton, state);

    /// <summary>Whether a whole text matches.</summary>
    internal static bool Matches(GrammarAutomaton automaton, ReadOnlySpan<byte> text) =>
        automaton.AfterBytes(automaton.Start, text) is var end && end != automaton.Dead && end.IsComplete;
}
