using System.Text;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Inference.Constraints;

/// <summary>
/// Allows any text that does not contain a forbidden text, however tokens split it. An automaton reads the bytes (Knuth, Morris and Pratt 1977), and each of
/// its states has one mask.
/// </summary>
sealed class ForbiddenText : ITokenConstraint
{
    const int Dead = -1;

    readonly Automaton automaton;
    int state;

    ForbiddenText(Automaton automaton, int state) => (this.automaton, this.state) = (automaton, state);

    /// <param name="text">The forbidden text; at least one character.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="onlyFirst">Whether the text is forbidden only at the beginning, and allowed later.</param>
    public ForbiddenText(string text, TokenVocabulary vocabulary, bool onlyFirst = false) : this(new Automaton(text, vocabulary, onlyFirst), 0)
    {
    }

    public int Vocab => automaton.Vocabulary.Vocab;

    public bool MayEnd => true;

    public bool MustEnd => false;

    /// <summary>The constraint on the continuation of a text, at whose end the forbidden text may have begun.</summary>
    public ForbiddenText After(ReadOnlySpan<byte> before) => new(automaton, automaton.AfterAny(before));

    public void Fill(TokenMask allowed) => allowed.CopyFrom(automaton.Mask(state));

    public void Accept(int id) => state = automaton.After(state, automaton.Vocabulary.BytesOf(id)) is var next && next != Dead ? next
        : throw new ArgumentException($"token {id} completes a text that is forbidden here", nameof(id));

    public ITokenConstraint Fork() => new ForbiddenText(automaton, state);

    /// <summary>A state is the number of bytes read of the forbidden text. If only the beginning is restricted, the last state allows everything.</summary>
    sealed class Automaton
    {
        readonly byte[] text;
        readonly int[] failures;
        readonly bool onlyFirst;
        readonly TokenMask?[] masks;

        public Automaton(string text, TokenVocabulary vocabulary, bool onlyFirst)
        {
            ArgumentException.ThrowIfNullOrEmpty(text);
            (this.text, Vocabulary, this.onlyFirst) = (Encoding.UTF8.GetBytes(text), vocabulary, onlyFirst);
            masks = new TokenMask?[this.text.Length + 1];
            failures = new int[this.text.Length];
            for (var (i, border) = (1, 0); i < this.text.Length; i++)
            {
                while (border > 0 && this.text[i] != this.text[border])
                    border = failures[border - 1];
                border += this.text[i] == this.text[border] ? 1 : 0;
                failures[i] = border;
            }
        }

        public TokenVocabulary Vocabulary { get; }

        int Free => text.Length;

        /// <summary>The state after some bytes; <see cref="Dead"/> if they complete the text.</summary>
        public int After(int state, ReadOnlySpan<byte> bytes)
        {
            if (bytes is [TokenVocabulary.SpecialByte, ..])
                return onlyFirst ? Free : 0; // a special token is not text
            foreach (var b in bytes)
            {
                state = Next(state, b);
                if (state == Dead)
                    return Dead;
            }
            return state;
        }

        /// <summary>The state after a text that may contain the forbidden one.</summary>
        public int AfterAny(ReadOnlySpan<byte> bytes)
        {
            var state = 0;
            foreach (var b in onlyFirst ? [] : bytes)
                state = Next(state, b) is var next && next != Dead ? next : failures[^1];
            return state;
        }

        public TokenMask Mask(int state) => Volatile.Read(ref masks[state]) ?? (masks[state] = Made(state));

        int Next(int state, byte b)
        {
            if (onlyFirst && (state == Free || text[state] != b))
                return Free;
            while (state > 0 && text[state] != b)
                state = failures[state - 1];
            state += text[state] == b ? 1 : 0;
            return state == text.Length ? Dead : state;
        }

        TokenMask Made(int state)
        {
            var mask = new TokenMask(Vocabulary.Vocab);
            for (var id = 0; id < Vocabulary.Vocab; id++)
            {
                if (After(state, Vocabulary.BytesOf(id)) != Dead)
                    mask.Allow(id);
            }
            return mask;
        }
    }
}
