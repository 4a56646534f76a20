using System.Numerics;

namespace Nonet.Inference.Constraints;

/// <summary>The allowed next tokens: one bit per id of the vocabulary.</summary>
public sealed class TokenMask
{
    readonly ulong[] words;

    /// <summary>Creates a mask that allows nothing.</summary>
    public TokenMask(int vocab)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocab, 1);
        Vocab = vocab;
        words = new ulong[(vocab + 63) / 64];
    }

    /// <summary>Ids run from 0 to Vocab - 1.</summary>
    public int Vocab { get; }

    /// <summary>Number of tokens that are allowed.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in words)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>The bits, 64 ids per word; the lowest id is the lowest bit. Bits beyond the vocabulary are 0.</summary>
    internal ReadOnlySpan<ulong> Words => words;

    /// <summary>Whether a token is allowed; false for an id outside the vocabulary.</summary>
    public bool Contains(int id) => (uint)id < (uint)Vocab && (words[id >> 6] >> id & 1) != 0;

    /// <summary>Allows a token.</summary>
    public void Allow(int id)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)Vocab, nameof(id));
        words[id >> 6] |= 1UL << id;
    }

    /// <summary>Forbids every token.</summary>
    public void Clear() => Array.Clear(words);

    /// <summary>Allows every token.</summary>
    public void AllowAll()
    {
        Array.Fill(words, ulong.MaxValue);
        if (Vocab % 64 != 0)
            words[^1] = (1UL << Vocab) - 1;
    }

    /// <summary>Also allows the tokens that another mask of the same vocabulary allows.</summary>
    public void Or(TokenMask other) => Or(other.words);

    /// <summary>Becomes a copy of another mask of the same vocabulary.</summary>
    public void CopyFrom(TokenMask other) => other.words.CopyTo(words, 0);

    internal void Or(ReadOnlySpan<ulong> bits)
    {
        var own = words.AsSpan();
        for (var i = 0; i < bits.Length; i++)
            own[i] |= bits[i];
    }
}
