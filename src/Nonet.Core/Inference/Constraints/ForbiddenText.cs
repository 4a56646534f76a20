using System.Text;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Inference.Constraints;

/// <summary>
/// Any text that does not contain another one, however its tokens split it. An automaton follows the bytes (Knuth, Morris and Pratt 1977); each of its states
/// has one mask.
/// </summary>
sealed class ForbiddenText : ITokenConstraint
{
    const int Dead = -1;

    readonly Automaton automaton;
    int state;

    ForbiddenText(Automaton automaton, int state) => (this.automaton, this.state) = (automaton, state);

    /// <param name="text">What must not be written; at least one character.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="onlyFirst">Whether the text is forbidden at the beginning alone, and allowed further on.</param>
    public ForbiddenText(string text, TokenVocabulary vocabulary, bool onlyFirst = false) : this(new Automaton(text, vocabulary, onlyFirst), 0)
    {
    }

    public int Vocab => automaton.Vocabulary.Vocab;

    public bool MayEnd => true;

    public bool MustEnd => false;

    /// <summary>The constraint on what follows a text: the forbidden text may have begun at its end.</summary>
    public ForbiddenText After(ReadOnlySpan<byte> before) => new(automaton, automaton.AfterAny(before));

    public void Fill(TokenMask allowed) => allowed.CopyFrom(automaton.Mask(state));

    public void Accept(int id) => state = automaton.After(state, automaton.Vocabulary.BytesOf(id)) is var next && next != Dead ? next
        : throw new ArgumentException($"token {id} completes a text that is forbidden here", nameof(id));

    public ITokenConstraint Fork() => new ForbiddenText(automaton, state);

    /// <summary>States count the bytes of the text that were read; where only a beginning is forbidden, the last state lets everything through.</summary>
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
                return onlyFirst ? Free : 0; // a special token is no text
            foreach (var b in bytes)
            {
                state = Next(state, b);
                if (state == Dead)
                    return Dead;
            }
            return state;
        }

        /// <summary>The state after a text in which the forbidden one may stand.</summary>
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
